"""Products of the manufacturer."""

from __future__ import annotations

from django.utils.translation import gettext as _

from backoffice.kit.pages import form_page, requires, row_or_404
from stations import selectors
from stations.forms.fields import initial_quirks
from stations.forms.sites import ModelForm
from stations.permissions import StationPerm
from stations.quirks import DEFAULTS
from stations.resources import MODELS
from stations.services import devices


@requires(StationPerm.MODELS_MANAGE)
def create(request):
    """A product that piles are made as."""
    return _page(request, ModelForm(request.POST or None), _("New model"))


@requires(StationPerm.MODELS_MANAGE)
def edit(request, pk):
    """What is said of it, and how its piles are spoken to unless they say otherwise."""
    row = row_or_404(selectors.pile_models(), pk=pk)
    kept = {name: getattr(row, name) for name in ModelForm.OWN}
    form = ModelForm(request.POST or None, initial=kept | initial_quirks(row.quirks))
    form.fields["name"].disabled = True
    return _page(request, form, str(row))


def _page(request, form, title):
    form.show_inherited(DEFAULTS, _("As usual: %(value)s"))
    return form_page(
        request,
        form,
        title=title,
        sections=form.sections(),
        save=lambda data: devices.save_model(request.membership.tenant, actor=request.actor, **data),
        then=lambda _row: MODELS.url,
        done=_("Saved."),
        back=MODELS.back(),
        cancel_url=MODELS.url,
    )
