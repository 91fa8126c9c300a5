"""The pages of the personal centre, as the tabs that stand on each of them."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _, pgettext

from backoffice.kit.frame import Tab


def tabs(request: HttpRequest, current: str) -> list[Tab]:
    """``current`` is the URL name of the page, or of the one that it belongs to. The menu shows the personal centre."""
    request.shown_under = "tenants:profile"  # type: ignore[attr-defined]
    pages = [
        (_("Profile"), "tenants:profile"),
        (_("Password"), "account_change_password"),
        (_("Two-factor"), "tenants:two_factor"),
        (pgettext("account", "Sessions"), "tenants:sessions"),
        (_("API tokens"), "tenants:tokens"),
        (_("Notifications"), "tenants:notifications"),
        (_("My exports"), "tenants:exports"),
        (_("My filters"), "tenants:filters"),
        (_("Sign-ins"), "tenants:sign_ins"),
    ]
    return [Tab(label, reverse(name), current=name == current) for label, name in pages]
