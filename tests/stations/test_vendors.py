"""DataTransfer: what is agreed on is answered as agreed, everything else is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from ocpp_gateway.wire import DataTransferred
from stations import intake
from stations.models import Command, Pile, VendorMessage
from stations.services.vendors import remove_vendor_message, save_vendor_message
from tenants.models import Tenant
from tests.factories.stations import ACTOR, make_online_pile, make_pile
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")

AGREED: dict[str, Any] = {
    "direction": "from_pile",
    "vendor_id": "com.Hanglu",
    "message_id": "Door",
    "label": "",
    "answer": "Accepted",
    "content": '{"seen":true}',
    "is_json": True,
}


def manufacturer_of(pile: Pile) -> Tenant:
    return Tenant.objects.get(pk=pile.tenant_id).get_ancestors().get(level=Level.MANUFACTURER)


def agree(pile: Pile, **over: Any) -> VendorMessage:
    return save_vendor_message(manufacturer_of(pile), actor=ACTOR, **AGREED | over)


def said(pile: Pile, vendor_id: str, message: str = "") -> DataTransferred:
    return DataTransferred(
        pile_id=pile.pk,
        generation=1,
        message_id="m1",
        received_at=clock.now(),
        vendor_id=vendor_id,
        vendor_message_id=message,
    )


@pytest.mark.statement(83)
def test_what_is_known_is_answered_and_what_is_not_is_told_apart() -> None:
    pile, stranger = make_pile(), make_pile()
    agree(pile)
    agree(pile, message_id="", answer="Rejected", content="", is_json=False)
    answers = intake.answer_vendors(
        [
            said(pile, "COM.hanglu", "Door"),
            said(pile, "com.hanglu", "door"),
            said(pile, "com.hanglu"),
            said(pile, "com.other", "Door"),
            said(stranger, "com.Hanglu", "Door"),
            said(Pile(pk=10**9), "com.Hanglu", "Door"),
        ]
    )

    assert [(one.status, one.data) for one in answers] == [
        ("Accepted", '{"seen":true}'),
        ("UnknownMessageId", None),
        ("Rejected", None),
        ("UnknownVendorId", None),
        ("UnknownVendorId", None),
        ("UnknownVendorId", None),
    ]
    assert intake.answer_vendors([]) == []


@pytest.mark.statement(83)
def test_a_message_that_is_only_sent_to_piles_is_unknown_from_them() -> None:
    pile = make_pile()
    agree(pile, direction="to_pile")

    assert intake.answer_vendors([said(pile, "com.Hanglu", "Door")])[0].status == "UnknownVendorId"


@pytest.mark.parametrize(
    ("over", "field"),
    [({"vendor_id": "COM.HANGLU"}, "message_id"), ({"message_id": "X", "content": "{"}, "content")],
)
def test_the_same_message_twice_and_broken_json_are_refused_at_their_field(
    over: dict[str, str], field: str
) -> None:
    pile = make_pile()
    agree(pile)
    with pytest.raises(Refused) as refused:
        agree(pile, **over)

    assert refused.value.field == field
    assert VendorMessage.objects.count() == 1


def test_a_message_is_removed_once() -> None:
    row = agree(make_pile())
    for _time in range(2):
        remove_vendor_message(row, actor=ACTOR, reason="old")

    assert not VendorMessage.objects.exists()


def test_the_manufacturer_agrees_and_the_operator_only_reads() -> None:
    pile = make_pile()
    client, url = browser(manufacturer_of(pile)), reverse("stations:vendor_message_new")
    assert "content" in errors(client.post(url, AGREED | {"content": "{", "is_json": "on"}))
    assert client.post(url, AGREED).status_code == 302

    row = VendorMessage.objects.get()
    operator = browser(operator_of(pile), Role.ENGINEER)
    assert "com.Hanglu" in operator.get(reverse("stations.vendor_messages")).content.decode()
    edit = reverse("stations:vendor_message_edit", args=[row.pk])
    assert operator.post(edit, AGREED | {"answer": "Rejected"}).status_code == 403
    assert client.post(edit, AGREED | {"answer": "Rejected"}).status_code == 302
    assert VendorMessage.objects.get().answer == "Rejected"


def test_an_agreed_message_is_sent_with_what_the_form_leaves_empty() -> None:
    pile = make_online_pile()
    row = agree(pile, direction="to_pile")
    client = browser(operator_of(pile), Role.ENGINEER)
    url = reverse("stations:ask", args=[pile.pk, "DataTransfer"])

    assert "content" in errors(client.post(url, {"known": row.pk, "content": "{", "reason": "to see"}))
    assert "vendor_id" in errors(client.post(url, {"content": "{}", "reason": "to see"}))
    assert not Command.objects.exists()
    client.post(url, {"known": row.pk, "reason": "to see"})
    with unscoped(reason="test data"):
        payload = Command.objects.get().payload
    assert payload == {"vendorId": "com.Hanglu", "messageId": "Door", "data": '{"seen":true}'}
