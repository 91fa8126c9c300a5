"""New proofs, roots and local lists of many terminals, as bulk actions with their progress and their results."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.kit.pages import ONCE, requires
from stations.forms.security_many import (
    InstallManyForm,
    ListManyForm,
    RenewManyForm,
    RootManyForm,
    UpgradeManyForm,
)
from stations.permissions import StationPerm
from stations.services import list_campaigns, root_campaigns, security_campaigns
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


@requires(StationPerm.CREDENTIALS)
@require_http_methods(["GET", "POST"])
def install_root_many(request):
    """A root that each of the terminals that were picked is to trust."""
    return _page(request, InstallManyForm, title=_("Install a root"), kind=root_campaigns.INSTALL)


@requires(StationPerm.CREDENTIALS)
@require_http_methods(["GET", "POST"])
def delete_root_many(request):
    """A root that none of the terminals that were picked is to trust any more."""
    return _page(request, RootManyForm, title=_("Delete a root"), kind=root_campaigns.DELETE)


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
            (
                _("Install a root…"),
                "download",
                _("A certificate by which they know us, or firmware."),
                reverse("stations:bulk_root_install") + query,
            ),
            (
                _("Delete a root…"),
                "trash",
                _("Each is asked what it has first, and told in its own words."),
                reverse("stations:bulk_root_delete") + query,
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
