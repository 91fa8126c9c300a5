"""The authorities of a manufacturer."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.kit.pages import form_page, requires, row_or_404
from stations import selectors
from stations.forms.security import AuthorityForm
from stations.permissions import StationPerm
from stations.resources import AUTHORITIES
from stations.services import authorities


@requires(StationPerm.AUTHORITY)
def create(request):
    """One that can sign; there is one of a kind at a time."""
    return form_page(
        request,
        AuthorityForm(request.POST or None),
        title=_("New certificate authority"),
        save=lambda data: authorities.create_authority(
            request.membership.tenant, actor=request.actor, **data
        ),
        then=lambda _row: AUTHORITIES.url,
        done=_("It can sign."),
        back=AUTHORITIES.back(),
        cancel_url=AUTHORITIES.url,
        submit_label=_("Create"),
    )


@requires(StationPerm.AUTHORITY)
def root(request, pk):
    """Its certificate, which is public."""
    row = row_or_404(selectors.authorities(), pk=pk)
    answer = HttpResponse(row.certificate, content_type="application/x-pem-file")
    answer["Content-Disposition"] = f'attachment; filename="authority-{row.pk}.pem"'
    return answer
