"""Several cases at once: shown before, one by one, each with its own result."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from backoffice.kit.actor import Actor
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from orders.models import Case, ChargingOrder
from orders.services import deciding, together
from orders.services.policies import set_policy
from tests.factories.orders import Site, again, begin, cases_of, make_site
from tests.factories.tenants import make_tenant
from tests.orders.staff import Desk, words

LI = Actor("staff:1", "Li Wei")
PAGE = "/orders/cases/together/"


def found(site: Site, kwh: int) -> tuple[ChargingOrder, Case]:
    """An order of so many kWh at 2.00 whose register fell."""
    order = site.press_start(site.driver(cash=10_000))
    key = begin(site, order)
    for minute in range(1, kwh + 1):
        site.wait(minutes=1)
        site.charger.meters(key, 1_000_000 + 1_000 * minute)
    site.wait(minutes=1)
    site.charger.stops(key, 1_000_500)
    site.charger.says(1, "Available")
    site.work()
    return again(order), cases_of(order)["A06"]


def post(desk: Desk, cases: list[Case], **typed: str) -> Any:
    return desk.client.post(PAGE, {"pk": [case.pk for case in cases], **typed})


def states(*cases: Case) -> list[str]:
    with unscoped(reason="tests"):
        return [Case.objects.get(pk=case.pk).state for case in cases]


def test_the_consequences_come_first_then_each_case_is_decided(site: Site) -> None:
    pairs = [found(site, 2), found(site, 3)]
    cases = [case for _order, case in pairs]
    desk = Desk(site)
    with site.present():
        shown = post(desk, cases, decision="waive", reason="a bad meter")
        assert "¥ 10.00 → ¥ 0.00" in words(shown) and "2 cases are dealt with at once." in words(shown)
        assert states(*cases) == ["open", "open"]
        seen = shown.context["form"].data["seen"]
        done = post(desk, cases, decision="waive", reason="a bad meter", seen=seen)
    assert [one.well for one in done.context["results"]] == [True, True]
    assert states(*cases) == ["decided", "decided"]
    assert [again(order).total for order, _case in pairs] == [0, 0]


def test_another_decision_than_the_one_shown_is_shown_first(site: Site) -> None:
    _order, case = found(site, 2)
    desk = Desk(site)
    with site.present():
        shown = post(desk, [case], decision="waive", reason="a bad meter")
        seen = shown.context["form"].data["seen"]
        other = post(desk, [case], decision="refund", reason="a bad meter", seen=seen)
    assert other.context["preview"] is not None
    assert states(case) == ["open"]


def test_what_needs_a_second_person_is_proposed_and_said_so(site: Site) -> None:
    with site.present():
        set_policy(site.operator, second_above=Decimal("5.00"), actor=LI)
    small, large = found(site, 2), found(site, 3)
    cases = [small[1], large[1]]
    desk = Desk(site)
    with site.present():
        shown = post(desk, cases, decision="refund", reason="goodwill")
        assert "1 case then waits for a second person." in words(shown)
        post(desk, cases, decision="refund", reason="goodwill", seen=shown.context["form"].data["seen"])
    assert states(*cases) == ["decided", "to_approve"]
    assert (again(small[0]).refunded, again(large[0]).refunded) == (400, 0)


def test_one_that_was_decided_meanwhile_stops_nobody(site: Site) -> None:
    first, second = found(site, 2), found(site, 3)
    with site.present():
        deciding.accept_case(first[1], actor=LI, reason="fine")
        results = together.decide_together(
            [first[1], second[1]], together.Together.WAIVE, actor=LI, reason="a bad meter"
        )
    assert [one.well for one in results] == [False, True]
    assert "Li Wei has decided this case already." in str(results[0].words)
    assert (again(first[0]).total, again(second[0]).total) == (400, 0)


def test_findings_of_several_rules_can_only_be_assigned(site: Site) -> None:
    _order, case = found(site, 2)
    site.charger.stops(900_001, 5_000)
    site.work()
    with unscoped(reason="tests"):
        other = Case.objects.exclude(pk=case.pk).get()
    desk = Desk(site)
    shown = post(desk, [case, other])
    assert [str(key) for key, _words in shown.context["form"].fields["decision"].choices] == ["assign"]
    me = f"staff:{desk.client.session['_auth_user_id']}"
    first = post(desk, [case, other], decision="assign", person=me)
    post(desk, [case, other], decision="assign", person=me, seen=first.context["form"].data["seen"])
    with unscoped(reason="tests"):
        assert set(Case.objects.values_list("assignee_ref", flat=True)) == {me}
    refused = post(desk, [case, other], decision="waive", reason="a bad meter", seen="waive:2:0")
    assert refused.context["form"].errors and states(case, other) == ["open", "open"]


@pytest.mark.parametrize(
    "typed", [{"decision": "waive"}, {"decision": "burn", "reason": "why"}, {"decision": ""}]
)
def test_bad_input_is_said_and_decides_nothing(site: Site, typed: dict[str, str]) -> None:
    _order, case = found(site, 2)
    answer = post(Desk(site), [case], **typed)
    assert answer.status_code == 200 and answer.context["form"].errors
    assert states(case) == ["open"]


def test_cases_of_others_are_not_there_and_none_is_a_404(site: Site, books: None) -> None:
    _order, case = found(site, 2)
    with unscoped(reason="tests"):
        beside = Desk(site, Role.OWNER, tenant=make_tenant(site.operator.parent))
    assert post(beside, [case], decision="waive", reason="a bad meter").status_code == 404
    assert Desk(site).client.post(PAGE, {"pk": ["99999999", "x", "9" * 40]}).status_code == 404
    assert Desk(site, Role.SUPPORT).client.post(PAGE, {"pk": [case.pk]}).status_code == 403
    assert states(case) == ["open"]


def test_too_many_at_once_are_refused_in_words(books: None, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site()
    cases = [found(site, 2)[1], found(site, 2)[1]]
    monkeypatch.setattr("orders.views.together.MOST", 1)
    answer = post(Desk(site), cases, decision="waive", reason="a bad meter")
    assert "At most 1 cases are decided at once." in words(answer)
    assert states(*cases) == ["open", "open"]
