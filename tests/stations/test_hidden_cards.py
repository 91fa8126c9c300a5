"""The number of a card is what opens a connector: only those who read the messages of terminals read it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from backoffice.changes import change_words
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from drivers.models import Card
from ocpp_gateway.wire import CommandState
from stations.models import Command, Reservation
from tenants.models import Tenant
from tests.factories.access import Keeper, make_reservation, said
from tests.stations.browsing import browser, operator_of

pytestmark = pytest.mark.usefixtures("everything")


def text_of(client: Any, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def agency_of(row: Reservation) -> Tenant:
    return Tenant.objects.get(pk=row.pile.tenant_id)


def test_the_audit_trail_repeats_no_card_of_a_local_list() -> None:
    keeper = Keeper.with_cards(2)
    keeper.live()
    tags = set(Card.objects.values_list("uid", flat=True))
    assert len(tags) == 2 and all(tag in str(keeper.lists_sent) for tag in tags)

    with unscoped(reason="a test looks at all of the trail"):
        kept = [entry for entry in AuditEntry.objects.all() if entry.action == "command.sent"]
    assert kept and not any(tag in str([one.before, one.after]) for one in kept for tag in tags)


def test_what_older_entries_hold_of_a_request_is_not_said() -> None:
    sent = {"action": "SendLocalList", "payload": {"idTag": "04A2"}, "answer": {"x": "04A2"}}

    assert change_words("command:7", {}, sent) == "Command: SendLocalList"


def test_the_audit_trail_repeats_no_card_of_a_reservation() -> None:
    row = make_reservation()

    with unscoped(reason="a test looks at all of the trail"):
        kept = AuditEntry.objects.filter(action="reservation.requested").get()
    assert kept.after["connector_number"] == 1 and row.id_tag not in str(kept.after)
    text = text_of(browser(agency_of(row)), reverse("audit"))
    assert f"R{row.pk}" in text and row.id_tag not in text


@pytest.mark.parametrize(
    ("level", "role", "sees"), [("operator", Role.SUPPORT, True), ("agency", Role.OWNER, False)]
)
def test_a_command_word_for_word_is_for_those_who_read_messages(level: str, role: Role, sees: bool) -> None:
    row = make_reservation()
    command = Command.objects.latest("pk")
    said(command, CommandState.REJECTED, {"status": "Occupied", "idTag": row.id_tag})
    tenant = operator_of(row.pile) if level == "operator" else agency_of(row)
    text = text_of(browser(tenant, role), reverse("stations:command", args=[command.pk]))

    assert (row.id_tag in text) == sees
    assert "Occupied" in text


@pytest.mark.parametrize(
    ("level", "role", "sees"), [("operator", Role.SUPPORT, True), ("agency", Role.OWNER, False)]
)
def test_the_card_of_a_reservation_is_for_those_who_read_messages(level: str, role: Role, sees: bool) -> None:
    row = make_reservation()
    client = browser(operator_of(row.pile) if level == "operator" else agency_of(row), role)

    text = text_of(client, reverse("stations:pile_access", args=[row.pile_id]))
    assert f"R{row.pk}" in text and (row.id_tag in text) == sees and (">Card<" in text) == sees
    text = text_of(client, reverse("stations.reservations"))
    assert f"R{row.pk}" in text and (row.id_tag in text) == sees


def test_who_does_not_see_a_card_does_not_find_out_by_asking_for_it() -> None:
    row = make_reservation()
    url, part = reverse("stations.reservations"), {"id_tag": "no such card"}
    assert f"R{row.pk}" not in browser(operator_of(row.pile)).get(url, part).content.decode()

    assert f"R{row.pk}" in browser(agency_of(row)).get(url, part).content.decode()
