"""Decisions that take two people: proposed by one, done when another approves what the first one saw."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from orders.models import Case, ChargingOrder
from orders.second import Change, needs_second
from orders.services import deciding
from orders.services.policies import set_policy
from orders.states import ReviewState
from tests.factories.orders import Site, again, begin, cases_of, make_running_order, wallet_of
from tests.factories.tenants import make_tenant
from tests.orders.staff import Desk, case_url, errors, words
from tests.support.together import errors as raised, together

LI, CHEN = Actor("staff:1", "Li Wei"), Actor("staff:2", "Chen Yu")
WHY = "looked at the log"


def rolled_back(site: Site) -> tuple[ChargingOrder, Case]:
    """A settled order of 20.00 with an open case."""
    order = site.press_start(site.driver(cash=10_000))
    key = begin(site, order)
    for minute in range(1, 11):
        site.wait(minutes=1)
        site.charger.meters(key, 1_000_000 + 1_000 * minute)
    site.wait(minutes=1)
    site.charger.stops(key, 1_004_000)
    site.charger.says(1, "Available")
    site.work()
    return again(order), cases_of(order)["A06"]


def limit(site: Site, major: str) -> None:
    with site.present():
        set_policy(site.operator, second_above=Decimal(major), actor=LI)


def fresh(case: Case) -> Case:
    with unscoped(reason="tests"):
        return Case.objects.get(pk=case.pk)


@given(
    before=st.integers(0, 10**9),
    after=st.integers(0, 10**9),
    above=st.integers(0, 10**7),
    currency=st.sampled_from(["CNY", "JPY", "KWD"]),
)
def test_more_for_the_driver_always_takes_two_and_less_only_above_the_limit(
    before: int, after: int, above: int, currency: str
) -> None:
    digits = {"CNY": 2, "JPY": 0, "KWD": 3}[currency]
    wanted = after > before or before - after > above * 10**digits
    assert needs_second(Change(before, after, currency), Decimal(above)) is wanted


def test_a_change_above_the_limit_is_proposed_and_nothing_moves(site: Site) -> None:
    limit(site, "19.99")
    order, case = rolled_back(site)
    with site.present():
        row = deciding.waive_case(case, actor=LI, reason=WHY)
    assert (row.state, row.decision, row.decided_at) == ("to_approve", "", None)
    assert (row.proposal["by_label"], row.proposal["before"], row.proposal["after"]) == ("Li Wei", 2_000, 0)
    assert (again(order).version, again(order).total, wallet_of(order.driver).cash) == (1, 2_000, 8_000)
    assert again(order).review_state == ReviewState.ABNORMAL


def test_at_the_limit_one_person_is_enough(site: Site) -> None:
    limit(site, "20.00")
    order, case = rolled_back(site)
    with site.present():
        assert deciding.waive_case(case, actor=LI, reason=WHY).state == "decided"
    assert again(order).total == 0


def test_taking_more_from_a_driver_is_never_one_persons(site: Site) -> None:
    order, case = rolled_back(site)
    with site.present():
        row = deciding.correct_case(case, meter_stop=1_010_500, actor=LI, reason=WHY)
        assert (row.state, again(order).total) == ("to_approve", 2_000)
        deciding.approve_case(row, actor=CHEN)
    assert again(order).total == 2_100


def test_the_second_person_does_it_and_both_names_are_kept(site: Site) -> None:
    limit(site, "0")
    order, case = rolled_back(site)
    with site.present():
        deciding.refund_case(case, amount=500, actor=LI, reason=WHY)
        row = deciding.approve_case(case, actor=CHEN)
        assert (row.state, row.decision, row.reason) == ("decided", "refund", WHY)
        assert (row.decided_by, row.approved_by, row.proposal) == ("Li Wei", "Chen Yu", {})
        entry = AuditEntry.objects.get(action="case.decided")
        assert (entry.actor_label, entry.after["decided_by"]) == ("Chen Yu", "Li Wei")
    assert (again(order).refunded, wallet_of(order.driver).cash) == (500, 8_500)
    assert again(order).review_state == ReviewState.RESOLVED


def test_nobody_approves_his_own_proposal(site: Site) -> None:
    limit(site, "0")
    order, case = rolled_back(site)
    with site.present():
        deciding.waive_case(case, actor=LI, reason=WHY)
        with pytest.raises(Refused) as caught:
            deciding.approve_case(case, actor=LI)
    assert caught.value.code == "own_proposal"
    assert (fresh(case).state, again(order).total) == ("to_approve", 2_000)


def test_what_changed_meanwhile_is_not_approved(site: Site) -> None:
    limit(site, "0")
    order, case = rolled_back(site)
    with site.present():
        deciding.refund_case(case, amount=500, actor=LI, reason=WHY)
        from_elsewhere = deciding.effects.refund_order(order, amount=100, actor=CHEN, reason="goodwill")
        assert from_elsewhere.refunded == 100
        with pytest.raises(Refused) as caught:
            deciding.approve_case(case, actor=CHEN)
    assert caught.value.code == "changed"
    assert (fresh(case).state, again(order).refunded) == ("to_approve", 100)


def test_a_proposal_is_sent_back_or_withdrawn_and_can_be_made_anew(site: Site) -> None:
    limit(site, "0")
    order, case = rolled_back(site)
    with site.present():
        deciding.waive_case(case, actor=LI, reason=WHY)
        with pytest.raises(Refused) as caught:
            deciding.return_case(case, actor=CHEN, reason=" ")
        assert caught.value.field == "reason"
        row = deciding.return_case(case, actor=CHEN, reason="too much")
        assert (row.state, row.proposal) == ("in_review", {})
        deciding.waive_case(case, actor=LI, reason=WHY)
        assert deciding.return_case(case, actor=LI, reason="thought again").state == "in_review"
    assert again(order).total == 2_000


def test_nothing_else_is_decided_while_a_proposal_waits(site: Site) -> None:
    limit(site, "0")
    _order, case = rolled_back(site)
    with site.present():
        deciding.waive_case(case, actor=LI, reason=WHY)
        for act in (deciding.accept_case, deciding.void_case, deciding.waive_case):
            with pytest.raises(Refused) as caught:
                act(case, actor=CHEN, reason=WHY)
            assert caught.value.code == "proposed" and "Li Wei" in str(caught.value.message)


def test_late_evidence_ends_a_proposal(site: Site) -> None:
    limit(site, "0")
    order, key = make_running_order(site)
    site.wait(minutes=10)
    site.charger.stops(key, 1_004_000)
    site.charger.stops(key, 1_005_000)
    site.work()
    case = cases_of(order)["A14"]
    with site.present():
        deciding.waive_case(case, actor=LI, reason=WHY)
    site.charger.stops(key, 1_006_000)
    site.work()
    assert (fresh(case).state, fresh(case).proposal) == ("in_review", {})
    with site.present(), pytest.raises(Refused) as caught:
        deciding.approve_case(case, actor=CHEN)
    assert caught.value.code == "not_proposed"
    assert again(order).total == 800


def test_writing_off_gives_up_what_is_owed_and_no_more(site: Site) -> None:
    order = site.press_start(site.driver(cash=850))
    key = begin(site, order)
    site.wait(minutes=6)
    site.charger.meters(key, 1_006_000)
    site.charger.stops(key, 1_005_000)
    site.charger.says(1, "Available")
    site.work()
    order, found = again(order), cases_of(order)
    assert order.arrears > 0
    paid = order.paid_cash
    case = next(iter(found.values()))
    with site.present():
        deciding.write_off_case(case, actor=LI, reason=WHY)
    row = again(order)
    assert (row.arrears, row.written_off, row.paid_cash) == (0, order.arrears, paid)
    with site.present(), pytest.raises(Refused):
        deciding.write_off_case(case, actor=LI, reason=WHY)


@pytest.mark.django_db(transaction=True)
def test_two_second_persons_at_once_do_it_once(site: Site) -> None:
    limit(site, "0")
    order, case = rolled_back(site)
    with site.present():
        deciding.refund_case(case, amount=500, actor=LI, reason=WHY)
    others = [Actor(f"staff:{number}", f"Person {number}") for number in (2, 3, 4)]
    results = together([lambda who=who: deciding.approve_case(case, actor=who) for who in others])
    assert len(raised(results)) == 2
    assert all(isinstance(error, Refused) for error in raised(results))
    assert (again(order).refunded, wallet_of(order.driver).cash) == (500, 8_500)


def test_the_page_shows_the_proposal_to_the_second_person_and_its_maker_cannot_press(site: Site) -> None:
    limit(site, "0")
    order, case = rolled_back(site)
    first, second = Desk(site, Role.OWNER), Desk(site, Role.FINANCE)
    assert first.post(case_url(case, "waive/"), reason="our mistake").status_code == 302
    page = second.read(case_url(case))
    for line in ("Waits for a second person", "our mistake", "¥ 20.00 → ¥ 0.00"):
        assert line in page
    own = {str(action.label): bool(action.refused) for action in first.get(case_url(case)).context["actions"]}
    assert own == {"Approve…": True, "Withdraw…": False}
    refused = first.post(case_url(case, "approve/"))
    assert "A second person has to approve this." in words(refused) and again(order).total == 2_000
    assert second.post(case_url(case, "approve/")).status_code == 302
    assert again(order).total == 0
    assert "Approved by" not in page and fresh(case).approved_by


def test_the_limit_is_the_owners_of_the_operator(site: Site) -> None:
    owner = Desk(site, Role.OWNER)
    page = "/system/cases/"
    assert 'value="200.00"' in owner.get(page).content.decode()
    for bad in ("-1", "abc", "", "1e99"):
        answer = owner.post(page, second_above=bad)
        assert answer.status_code == 200 and errors(answer) == {"second_above"}
    assert owner.post(page, second_above="50").status_code == 302
    assert 'value="50.00"' in owner.get(page).content.decode()
    assert Desk(site, Role.FINANCE).get(page).status_code == 403
    with unscoped(reason="tests"):
        beside = make_tenant(site.operator.parent)
    assert 'value="200.00"' in Desk(site, Role.OWNER, tenant=beside).get(page).content.decode()


def test_a_case_is_given_to_somebody_who_may_decide_it(site: Site) -> None:
    _order, case = rolled_back(site)
    owner, finance = Desk(site, Role.OWNER), Desk(site, Role.FINANCE)
    engineer = Desk(site, Role.ENGINEER)
    form = owner.get(case_url(case, "assign/")).context["form"]
    people = [ref for ref, _name in form.fields["person"].choices]
    ids = [desk.client.session["_auth_user_id"] for desk in (owner, finance, engineer)]
    assert [f"staff:{one}" in people for one in ids] == [True, True, False]
    assert owner.post(case_url(case, "assign/"), person=f"staff:{ids[1]}").status_code == 302
    assert fresh(case).assignee_ref == f"staff:{ids[1]}"
    stranger = owner.post(case_url(case, "assign/"), person="staff:99999999")
    assert errors(stranger) == {"person"} and fresh(case).assignee_ref == f"staff:{ids[1]}"
