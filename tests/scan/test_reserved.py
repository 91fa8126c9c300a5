"""A connector that is kept free for a card, as the driver's page tells of it."""

from __future__ import annotations

from orders.models import ChargingOrder
from tests.factories.access import make_reservation
from tests.factories.orders import Site, count_of
from tests.scan.phones import Phone, words


def test_a_driver_for_whom_it_is_reserved_is_told_to_hold_the_card_to_the_reader(
    site: Site, phone: Phone
) -> None:
    driver = site.driver(cash=5_000)
    with site.present():
        card = site.card(driver)
        make_reservation(site.pile, holder=card.uid)
    told = words(phone.scan())
    assert "reserved for somebody else" in told

    phone.signed_in(driver)
    told = words(phone.scan())
    assert "reserved for your card" in told
    phone.post(phone.start_path())
    assert count_of(ChargingOrder) == 0
