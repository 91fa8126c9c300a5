"""Cards and fobs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from drivers import services
from drivers.models import Card, CardStatus
from drivers.selectors import known_cards
from tenants.models import Tenant
from tests.factories.drivers import ACTOR, make_card, make_driver
from tests.factories.tenants import make_tenant
from tests.support.together import errors, together

pytestmark = pytest.mark.usefixtures("everything")


def test_a_card_is_known_in_any_case_with_its_driver_group_and_end(operator: Tenant) -> None:
    driver = make_driver(operator, several_at_once=True)
    end = clock.now() + timedelta(days=1)
    card = services.issue_card(
        operator.pk, uid=" 04a1B2c3 ", actor=ACTOR, driver=driver, parent_id_tag="FLEET-7", expires_at=end
    )

    [(tag, known)] = known_cards({(operator.pk, "04A1B2C3")}).items()
    assert tag == (operator.pk, "04A1B2C3")
    assert (card.uid, known.driver_id, known.parent_id_tag) == ("04a1B2c3", driver.pk, "FLEET-7")
    assert (known.expires_at, known.several_at_once, known.blocked) == (end, True, False)


@pytest.mark.parametrize("uid", ["", "   ", "A" * 21, "04 A1", "04A1\x00", "卡片", "04A1\n04A2"])
def test_a_number_that_no_pile_could_send_is_refused(operator: Tenant, uid: str) -> None:
    with pytest.raises(Refused) as refused:
        services.issue_card(operator.pk, uid=uid, actor=ACTOR)
    assert refused.value.field == "uid" and not Card.objects.exists()


def test_a_number_is_given_once_per_operator_whatever_its_case(operator: Tenant) -> None:
    make_card(operator, uid="abc")
    with pytest.raises(Refused) as refused:
        services.issue_card(operator.pk, uid="ABC", actor=ACTOR)

    assert (refused.value.code, refused.value.field) == ("uid_taken", "uid")
    make_card(make_tenant(make_tenant(make_tenant())), uid="ABC")
    assert Card.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_card_issued_twice_at_the_same_moment_is_issued_once(operator: Tenant) -> None:
    results = together([lambda: services.issue_card(operator.pk, uid="abc", actor=ACTOR)] * 4)

    assert [type(error) for error in errors(results)] == [Refused] * 3
    assert Card.objects.count() == 1


def test_a_card_is_not_given_to_a_driver_of_another_operator(operator: Tenant) -> None:
    stranger = make_driver(make_tenant(make_tenant(make_tenant())))
    card = make_card(operator)

    for attempt in (
        lambda: services.edit_card(card, actor=ACTOR, driver=stranger),
        lambda: services.issue_card(operator.pk, uid="NEW", actor=ACTOR, driver=stranger),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.field == "driver"
    card.refresh_from_db()
    assert card.driver_id is None and Card.objects.count() == 1


def test_a_blocked_or_lost_card_is_blocked_at_the_pile_and_comes_back(operator: Tenant) -> None:
    card = make_card(operator)
    tag = (operator.pk, card.uid_folded)
    for stop in (services.block_card, services.lose_card):
        stop(card, actor=ACTOR, reason="called in")
        assert known_cards({tag})[tag].blocked
        services.unblock_card(card, actor=ACTOR, reason="found")
        assert not known_cards({tag})[tag].blocked


def test_a_lost_card_is_not_blocked_on_top(operator: Tenant) -> None:
    card = services.lose_card(make_card(operator), actor=ACTOR, reason="gone")
    with pytest.raises(Refused):
        services.block_card(card, actor=ACTOR, reason="too")
    card.refresh_from_db()
    assert card.status == CardStatus.LOST
    assert not AuditEntry.objects.filter(action="card.blocked").exists()


def test_cards_of_a_batch_are_known_in_one_query(
    operator: Tenant, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    tags = {(operator.pk, make_card(operator).uid_folded) for _ in range(20)}
    with django_assert_num_queries(1):
        assert known_cards(tags | {(operator.pk, "NOBODY"), (None, "X"), (operator.pk, "")}).keys() == tags
