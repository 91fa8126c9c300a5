"""What somebody who signed in has to do before anything else: sign in anew, choose a longer password, set up a code.

The policy is that of the tenant at which he works now. Until it is done every page leads to the one where it is done;
those on the way there, and out, stay open.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from tenants.rules import Security
from tenants.selectors import set_in
from tenants.services import sessions, two_factor
from tenants.states import SETTING_UP, TenantState
from tenants.workplaces import Workplace

PASSWORD_DUE = "password_due"  # noqa: S105 - a name in the session
"""In the session: the password that was given at sign-in is shorter than the policy demands."""

START = "/"
"""Of a tenant that is being set up, whose figures are all to come, its profile is the start."""

OPEN = ("/account/", "/language/", "/personal/two-factor/", "/personal/theme/")


def is_over(request: HttpRequest, place: Workplace) -> str:
    """Why the session has ended by the policy of the workplace; empty while it goes on."""
    hours = set_in(Security, place.lineage).values.session_hours
    if not sessions.is_over(request.session, hours=hours):
        return ""
    return _("You signed in more than %(hours)s hours ago. Sign in again.") % {"hours": hours}


def duty_of(request: HttpRequest, place: Workplace) -> str:
    """The address that leads to what has to be done first; empty where nothing has, or where it is being done."""
    if request.path.startswith(OPEN):
        return ""
    if request.session.get(PASSWORD_DUE):
        return reverse("account_change_password")
    policy = set_in(Security, place.lineage).values
    if policy.wants_code(place.membership.role) and not two_factor.is_on(place.membership.user):
        return reverse("tenants:two_factor")
    own = place.lineage[-1]
    if request.path == START and TenantState(own.status) in SETTING_UP:
        return reverse("tenants:tenant", args=[own.id])
    return ""
