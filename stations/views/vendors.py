"""The vendor messages of a manufacturer."""

from __future__ import annotations

from django.forms import model_to_dict
from django.utils.translation import gettext as _

from backoffice.kit.pages import form_page, requires, row_or_404
from stations import selectors
from stations.forms.vendors import VendorMessageForm
from stations.permissions import StationPerm
from stations.resources import VENDOR_MESSAGES
from stations.services import vendors


@requires(StationPerm.MODELS_MANAGE)
def create(request):
    """Agree on a message."""
    return _page(request, VendorMessageForm(request.POST or None), _("New vendor message"))


@requires(StationPerm.MODELS_MANAGE)
def edit(request, pk):
    """Change what was agreed on."""
    row = row_or_404(selectors.vendor_messages(), pk=pk)
    form = VendorMessageForm(request.POST or None, initial=model_to_dict(row))
    return _page(request, form, str(row), row)


def _page(request, form, title, row=None):
    return form_page(
        request,
        form,
        title=title,
        save=lambda data: vendors.save_vendor_message(
            request.membership.tenant, row, actor=request.actor, **data
        ),
        then=lambda _row: VENDOR_MESSAGES.url,
        done=_("Saved."),
        back=VENDOR_MESSAGES.back(),
        cancel_url=VENDOR_MESSAGES.url,
    )
