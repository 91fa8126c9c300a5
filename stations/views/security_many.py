"""New proofs and local lists of many terminals, as bulk actions with their progress and their results."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.kit.pages import ONCE, requires
from stations.forms.security_many import ListManyForm, RenewManyForm, UpgradeManyForm
from stations.permissions import StationPerm
from stations.services import list_campaigns, security_campaigns
from stations.views.many import picked_page


@requires(StationPerm.CREDENTIALS)
@require_http_methods(["GET", "POST"])
def upgrade_many(request):
    """The guided way for each of the terminals that were picked."""
    return _page(request, UpgradeManyForm, title=_("Rotate or upgrade"), kind=security_campaigns.UPGRADE)


@requires(StationPerm.CREDENTIALS)
@require_http_methods(["GET", "POST"])
def renew_many(request):
    """A new certificate for each of the terminals that were picked."""
    return _page(request, RenewManyForm, title=_("Renew certificates"), kind=security_campaigns.RENEW)


@requires(StationPerm.LIST_MANAGE)
@require_http_methods(["GET", "POST"])
def lists_many(request):
    """The local list of each of the terminals that were picked."""
    return _page(request, ListManyForm, title=_("Look after local lists"), kind=list_campaigns.LISTS)


def choices_of(grants, query):
    """What the terminals that were picked may be asked here: ``(label, icon, text, address)``."""
    found = []
    if StationPerm.CREDENTIALS in grants:
        found += [
            (
                _("Rotate or upgrade…"),
                "key",
                _("A new password, or a higher security profile, step by step."),
                reverse("stations:bulk_upgrade") + query,
            ),
            (
                _("Renew certificates…"),
                "shield",
                _("Each makes a key of its own and asks for a certificate."),
                reverse("stations:bulk_renew") + query,
            ),
        ]
    if StationPerm.LIST_MANAGE in grants:
        found.append(
            (
                _("Local lists…"),
                "card",
                _("The cards that they know by themselves."),
                reverse("stations:bulk_lists") + query,
            )
        )
    return found


def _page(request, form_class, *, title, kind):
    form = form_class(request.POST if ONCE in request.POST else None)
    return picked_page(request, form, title=title, sections=form.sections(), kind=kind, params=form.params)
