"""On the desks of an operator: a decision that waits for a second person, links to the big screen, a token of a program."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from backoffice.demo_data.companies import email_of
from backoffice.demo_data.masters import Masters
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Level
from backoffice.kit.lists import saved
from backoffice.kit.perms import Role, granted
from orders.models import Case
from orders.resources import HISTORY
from orders.rules import Code
from orders.services import deciding
from orders.services.policies import set_policy
from reports import sharing
from tenants.models import Membership
from tenants.selectors import scope_of
from tenants.services import tokens

OPERATOR, AGENCY = "QILIN", "NB-PORT"
LIMIT = Decimal(200)
READ_ON_SITE_WH = 400
"""By how much the meter stood higher than the pile had said."""


def tell(masters: Masters) -> None:
    """Within the last days, after the stories of the orders."""
    owner, manager = _member(Role.OWNER), _member(Role.MANAGER)
    with scope_of(masters.tenants[OPERATOR].pk):
        _second_person(masters, owner, manager)
        _screens(masters, owner)
        _program(masters, owner)
    saved.save_view(
        HISTORY,
        name="By card, most kWh 刷卡电量",
        query="sort=-energy_wh&source=card",
        columns=(),
        is_default=False,
        actor=_actor(owner),
    )


def _second_person(masters: Masters, owner: Membership, manager: Membership) -> None:
    """The driver would pay more, so the manager's decision is the owner's to approve."""
    with clock.frozen(masters.now - timedelta(days=30)):
        set_policy(masters.tenants[OPERATOR], second_above=LIMIT, actor=_actor(owner))
    case = Case.objects.filter(code=Code.CANNOT_STOP, order__isnull=False).select_related("order").first()
    if case is None or case.order is None or case.order.meter_stop is None:
        return
    with clock.frozen(masters.now - timedelta(hours=3)):
        deciding.correct_case(
            case,
            meter_stop=case.order.meter_stop + READ_ON_SITE_WH,
            actor=_actor(manager),
            reason="Read off the meter on site 现场抄表",
        )


def _screens(masters: Masters, owner: Membership) -> None:
    """One in force, one of an agency that was taken back."""
    with clock.frozen(masters.now - timedelta(days=5)):
        sharing.create_link(
            owner,
            tenant=masters.tenants[OPERATOR],
            name="Screen in the lobby 大厅屏幕",
            days=90,
            actor=_actor(owner),
        )
        lent = sharing.create_link(
            owner,
            tenant=masters.tenants[AGENCY],
            name="Port authority 港务局",
            days=30,
            actor=_actor(owner),
        )
    with clock.frozen(masters.now - timedelta(days=1)):
        sharing.revoke_link(lent.link, actor=_actor(owner), reason="The visit is over 参观已结束")


def _program(masters: Masters, owner: Membership) -> None:
    with clock.frozen(masters.now - timedelta(days=9)):
        tokens.issue_token(
            owner,
            name="Bookkeeping 财务系统",
            lists=[HISTORY.name],
            days=tokens.LASTS_DAYS[-1],
            grants=granted(Level.OPERATOR, Role.OWNER),
            actor=_actor(owner),
        )


def _member(role: Role) -> Membership:
    rows = Membership.objects.select_related("user", "tenant")
    return rows.get(user__email=email_of(role, OPERATOR))


def _actor(member: Membership) -> Actor:
    return Actor(f"staff:{member.user_id}", member.user.name)
