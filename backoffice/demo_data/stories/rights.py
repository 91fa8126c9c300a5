"""A role that an operator made for its night desk, who has it, and a dealer who looked at a case in another's name."""

from __future__ import annotations

from datetime import timedelta

from alarms.permissions import AlarmPerm
from backoffice.demo_data.companies import email_of
from backoffice.demo_data.masters import Masters
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.perms import Role
from orders.permissions import OrderPerm
from stations.permissions import StationPerm
from tenants.models import Membership
from tenants.selectors import scope_of
from tenants.services import acting, roles, staff

OPERATOR, DEALER = "QILIN", "JIANGNAN"
DESK = (
    OrderPerm.VIEW,
    OrderPerm.STOP,
    OrderPerm.CASE_VIEW,
    StationPerm.VIEW,
    StationPerm.COMMAND_BASIC,
    AlarmPerm.VIEW,
    AlarmPerm.HANDLE,
)


def tell(masters: Masters) -> None:
    """Within the last days."""
    operator, owner = masters.tenants[OPERATOR], _owner(OPERATOR)
    with clock.frozen(masters.now - timedelta(days=4)), scope_of(operator.pk):
        role = roles.create_role(
            operator,
            actor=_actor(owner),
            name="Night desk 夜班值守",
            description="Watches and helps at night, touches no money 夜间值守，不涉及资金",
            permissions=DESK,
        )
        staff.add_member(
            operator,
            actor=_actor(owner),
            email="night@qilin.pilehouse.example",
            name="He Ye 何夜",
            role=role,
        )
    _look(masters, owner)


def _look(masters: Masters, other: Membership) -> None:
    dealer = _owner(DEALER)
    with clock.frozen(masters.now - timedelta(days=2, hours=3)), scope_of(dealer.tenant_id):
        begun = acting.begin_acting(
            other, actor=_actor(dealer), reason="Looks at a case together 一起查看异常单", minutes=30
        )
    actor = Actor(
        f"staff:{dealer.user_id}",
        f"{dealer.user} ({other.user})",
        on_behalf=str(other.user),
        on_behalf_ref=f"staff:{other.user_id}",
    )
    with clock.frozen(masters.now - timedelta(days=2, hours=2, minutes=48)):
        acting.end_acting(begun, actor=actor)


def _owner(code: str) -> Membership:
    rows = Membership.objects.select_related("user", "tenant")
    return rows.get(user__email=email_of(Role.OWNER, code))


def _actor(member: Membership) -> Actor:
    return Actor(f"staff:{member.user_id}", member.user.name)
