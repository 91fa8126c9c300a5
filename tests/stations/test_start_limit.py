"""A limit that travels with a start from here: offered where the terminal can keep it, sent as the protocol has it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from stations.models import Command, Pile
from stations.profiles import Unit, start_profile
from stations.services import commands, loads
from stations.services.profiles import REMOTE_START_ID, start_payload
from tests.factories.stations import ACTOR, make_online_pile
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")

ABLE = ["Core", "SmartCharging"]


@pytest.fixture
def pile(everything: None) -> Pile:
    row = make_online_pile()
    Pile.objects.filter(pk=row.pk).update(feature_profiles=ABLE)
    return row


@pytest.fixture
def client(pile: Pile) -> Client:
    return browser(operator_of(pile), Role.SUPPORT)


def url(pile: Pile) -> str:
    return reverse("stations:ask", args=[pile.pk, "RemoteStartTransaction"])


def press(client: Client, pile: Pile, **typed: Any) -> Any:
    return client.post(url(pile), {"connector": "1", "id_tag": "CARD1", "unit": "W"} | typed)


@pytest.mark.statement(91)
@pytest.mark.parametrize(
    ("limit", "unit", "sent", "said"), [("7.4", "W", 7400, "W"), ("16", "A", 16, "A"), ("0.1", "A", 0.1, "A")]
)
def test_a_limit_leaves_as_a_profile_of_the_charge_without_a_transaction(
    pile: Pile, client: Client, limit: str, unit: str, sent: float, said: str
) -> None:
    press(client, pile, limit=limit, unit=unit)

    assert Command.objects.get().payload == {
        "connectorId": 1,
        "idTag": "CARD1",
        "chargingProfile": {
            "chargingProfileId": REMOTE_START_ID,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": said,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": sent}],
            },
        },
    }


def test_without_a_limit_nothing_of_the_kind_leaves(pile: Pile, client: Client) -> None:
    press(client, pile, limit="")
    assert Command.objects.get().payload == {"connectorId": 1, "idTag": "CARD1"}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "lots"}, "limit"),
        ({"limit": "16.25", "unit": "A"}, "limit"),
        ({"limit": "999999"}, "limit"),
        ({"limit": "5", "unit": "kWh"}, "unit"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_leaves(
    pile: Pile, client: Client, typed: dict[str, str], field: str
) -> None:
    answer = press(client, pile, **typed)

    assert field in errors(answer) and 'value="CARD1"' in answer.content.decode()
    assert not Command.objects.exists()


@pytest.mark.parametrize("profiles", [None, ["Core"]])
def test_a_terminal_that_does_not_list_smart_charging_is_offered_no_limit(
    pile: Pile, client: Client, profiles: list[str] | None
) -> None:
    Pile.objects.filter(pk=pile.pk).update(feature_profiles=profiles)

    assert 'name="limit"' not in client.get(url(pile)).content.decode()
    press(client, pile, limit="7.4")
    assert Command.objects.get().payload == {"connectorId": 1, "idTag": "CARD1"}


def test_a_terminal_that_lacks_it_is_not_sent_a_limit_by_anybody(pile: Pile) -> None:
    """It would start, and pass over the limit in silence."""
    Pile.objects.filter(pk=pile.pk).update(feature_profiles=["Core"])
    payload = start_payload(1, "CARD1", start_profile(Decimal(7400), Unit.WATTS))
    with pytest.raises(Refused) as refused:
        commands.send_command(pile, action="RemoteStartTransaction", payload=payload, actor=ACTOR)

    assert refused.value.code == "unsupported"
    assert not Command.objects.exists()


def test_where_a_load_group_gives_the_shares_there_is_no_limit_of_ones_own(
    pile: Pile, client: Client
) -> None:
    loads.create_group(
        pile.station, actor=ACTOR, name="Mains", limit=Decimal(100), least=Decimal(4), safety=Decimal(5)
    )

    assert 'name="limit"' not in client.get(url(pile)).content.decode()
    payload = start_payload(1, "CARD1", start_profile(Decimal(7400), Unit.WATTS))
    with pytest.raises(Refused) as refused:
        commands.send_command(pile, action="RemoteStartTransaction", payload=payload, actor=ACTOR)
    assert refused.value.code == "group"
