"""The list of those who work here."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.frame import Empty, Tone
from backoffice.kit.lists import (
    ListFilters,
    ListTable,
    PageAction,
    Place,
    Resource,
    RowAction,
    columns,
    filters,
)
from backoffice.kit.perms import Role
from backoffice.kit.scope import current_scope
from tenants import selectors
from tenants.models import InvitationState, Membership
from tenants.permissions import TenantPerm
from tenants.resources.companies import is_not_below_us
from tenants.services import staff


def is_not_ours(member):
    """Each level manages its own staff and roles."""
    return member.tenant_id != current_scope().tenant_id


WORKS = {True: _("Works"), False: _("Ended")}
MFA_TONES: dict[bool, Tone] = {True: "charging", False: "offline"}


def _called(member):
    """A person as questions name him: several may share a name, and one may work at several tenants."""
    return f"{member} ({member.user.email}) · {member.tenant.name}"


def role_words(role, own):
    """The name of a built-in role or of the tenant's own."""
    return own or Role(role).label


INVITATION_TONES: dict[InvitationState, Tone] = {
    InvitationState.OPEN: "idle",
    InvitationState.ACCEPTED: "plain",
    InvitationState.EXPIRED: "waiting",
    InvitationState.REVOKED: "offline",
}


class StaffTable(ListTable):
    name = columns.Link(
        "user__name",
        to="tenants:member",
        sort=("user__name", "pk"),
        head=pgettext_lazy("person", "Name"),
        second=columns.Text("user__email"),
        css="c-long",
    )
    role = columns.Text("role", "custom_role__name", show=role_words, sort=("role", "custom_role__name"))
    tenant = columns.Text("tenant__name", head=_("Tenant"), second=columns.Text("tenant__level"))
    is_active = columns.Badge(choices=WORKS, tones={True: "charging", False: "offline"}, head=_("State"))
    invitation = columns.Badge(
        choices=InvitationState, tones=INVITATION_TONES, head=_("Invitation"), css="c-some"
    )
    valid_from = columns.Day(head=_("First day"), css="c-some")
    valid_to = columns.Day(head=_("Last day"), css="c-some")
    mfa = columns.YesNo(
        yes=_("On"), no=pgettext_lazy("two-factor", "Off"), tones=MFA_TONES, head=_("Two-factor")
    )
    last_login = columns.When("user__last_login", head=_("Last sign-in"), css="c-some")
    created_at = columns.When(shown=False, sort=True)


OPEN_INVITATIONS = (InvitationState.OPEN, InvitationState.EXPIRED)


def _is_out_of_reach(row):
    """Not of our staff, and no owner of a tenant of the next level either."""
    return is_not_ours(row) and (row.role != Role.OWNER or is_not_below_us(row.tenant))


class StaffFilters(ListFilters):
    words = filters.Search("user__name", "user__email")
    role = filters.Choice()
    own_role = filters.Related(
        "custom_role",
        options=selectors.roles_by_name,
        by="code",
        search=("code", "name"),
        label=_("Own role"),
    )
    is_active = filters.YesNo(yes=WORKS[True], no=WORKS[False], label=_("State"))
    mfa = filters.YesNo(yes=_("On"), no=pgettext_lazy("two-factor", "Off"), label=_("Two-factor"))
    tenant = filters.Subtree(label=_("Tenant"))


DEACTIVATE = RowAction(
    name="deactivate",
    label=_("End the membership…"),
    run=staff.deactivate_member,
    perm=TenantPerm.STAFF_MANAGE,
    icon="lock",
    tone="stop",
    reason=True,
    bulk=True,
    text=_("From this moment on, in running sessions too, nothing here can be seen or done any more."),
    done=_("Ended."),
    hidden=lambda row: is_not_ours(row) or not row.is_active,
    needs=("tenant__id", "is_active"),
    called=_called,
)
REACTIVATE = RowAction(
    name="reactivate",
    label=_("Let in again…"),
    run=staff.reactivate_member,
    perm=TenantPerm.STAFF_MANAGE,
    icon="unlock",
    reason=True,
    done=_("Let in again."),
    hidden=lambda row: is_not_ours(row) or row.is_active,
    needs=("tenant__id", "is_active"),
    called=_called,
)
REVOKE = RowAction(
    name="revoke",
    label=_("Revoke the invitation…"),
    run=staff.revoke_invitation,
    perm=TenantPerm.STAFF_MANAGE,
    icon="close-circle",
    tone="warn",
    reason=True,
    text=_("The link in the letter does not work any more, and the person does not work here."),
    done=_("The invitation was revoked."),
    hidden=lambda row: row.invitation not in OPEN_INVITATIONS or not row.is_active or _is_out_of_reach(row),
    needs=("tenant__parent__id", "is_active", "role", "invitation"),
    called=_called,
)
SEND_LINK = RowAction(
    name="link",
    label=_("Send a link…"),
    run=staff.send_link,
    perm=TenantPerm.STAFF_MANAGE,
    icon="key",
    asks=True,
    text=_(
        "A link that sets a password once goes to the person's email: a new invitation to whoever has none "
        "yet, and the earlier link is dead. Else the old password stays until then."
    ),
    done=_("The link was sent."),
    hidden=lambda row: not row.is_active or _is_out_of_reach(row),
    needs=("tenant__parent__id", "is_active", "role"),
    called=_called,
)
SIGN_OUT = RowAction(
    name="sign-out",
    label=_("Sign out everywhere…"),
    run=staff.end_sessions,
    perm=TenantPerm.STAFF_MANAGE,
    icon="sign-out",
    tone="warn",
    reason=True,
    text=_("Every browser in which this person is signed in is signed out at once."),
    done=_("Signed out everywhere."),
    hidden=is_not_ours,
    needs=("tenant__id",),
    called=_called,
)

RESET_CODE = RowAction(
    name="reset_code",
    label=_("Reset two-factor…"),
    run=staff.reset_two_factor,
    perm=TenantPerm.STAFF_MANAGE,
    icon="shield",
    tone="warn",
    reason=True,
    text=_(
        "For somebody who lost the phone and the recovery codes. The password alone lets in until it is set up anew."
    ),
    done=_("Reset."),
    hidden=lambda row: not row.mfa or SEND_LINK.hidden(row),
    needs=(*SEND_LINK.needs, "mfa"),
    called=_called,
)

STAFF = Resource(
    name="staff",
    path="system/staff/",
    title=_("Staff"),
    model=Membership,
    rows=selectors.members_listed,
    table=StaffTable,
    filters=StaffFilters,
    view=TenantPerm.STAFF_VIEW,
    export=TenantPerm.EXPORT,
    label="user__name",
    order=("tenant__name", "user__name", "id"),
    detail="tenants:member",
    menu=Place("system", 20),
    actions=(DEACTIVATE, REACTIVATE, SEND_LINK, REVOKE, RESET_CODE, SIGN_OUT),
    page_actions=(PageAction(label=_("Add a person"), to="tenants:invite", perm=TenantPerm.STAFF_MANAGE),),
    empty=Empty(_("Nobody works here yet"), _("Add a person; a link to sign in is sent.")),
)
