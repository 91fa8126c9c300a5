"""How piles are spoken to: the house's defaults, those of a model, and a pile's own, at the door and in forms."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import Admitted
from stations import intake
from stations.models import Pile
from stations.quirks import CHOICES, DEFAULTS, NAMES, RANGES, is_sane, read_quirks
from tenants.models import Tenant
from tenants.selectors import path_of
from tests.factories.stations import Talk, make_model, make_new_pile, make_pile, make_station
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")

OWN = {"name": "T", "life": "in_service"}


@pytest.mark.parametrize(
    ("form", "digits", "raw"), [("either", True, True), ("hex", True, False), ("raw", False, True)]
)
def test_the_form_of_the_password_may_be_fixed(form: str, digits: bool, raw: bool) -> None:
    new = make_new_pile(quirks={"key_form": form})
    assert new.key is not None
    talk = Talk(new.pile)

    assert isinstance(intake.admit(talk.hello(new.key)), Admitted) is digits
    assert isinstance(intake.admit(talk.hello(bytes.fromhex(new.key))), Admitted) is raw
    assert not isinstance(intake.admit(talk.hello("0" * 40)), Admitted)


def test_the_gateway_is_told_how_card_numbers_and_energy_are_read() -> None:
    station = make_station()
    model = make_model(
        Tenant.objects.get(pk=path_of(station.tenant_id).manufacturer_id),
        quirks={"energy_unit": "kWh", "id_tag_reversed": True},
    )
    new = make_new_pile(station, model=model, quirks={"id_tag_reversed": False, "id_tag_cut_zeros": True})
    admission = intake.admit(Talk(new.pile).hello(new.key))

    assert isinstance(admission, Admitted)
    record = admission.pile
    assert (record.energy_unit, record.id_tag_reversed, record.id_tag_cut_zeros) == ("kWh", False, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("energy_unit", "MWh"),
        ("key_form", "plain"),
        ("id_tag_reversed", "yes"),
        ("max_frame_bytes", 10),
        ("heartbeat_interval_s", True),
        ("nonsense", 1),
    ],
)
def test_a_setting_that_makes_no_sense_changes_nothing(name: str, value: Any) -> None:
    assert not is_sane(name, value)
    assert read_quirks([{name: value}]) == DEFAULTS


TYPED: dict[str, tuple[str, Any]] = {
    "boot_answer": ("Pending", "Pending"),
    "heartbeat_interval_s": ("60", 60),
    "connection_timeout_s": ("90", 90),
    "clock_zone": ("Asia/Shanghai", "Asia/Shanghai"),
    "id_tag_prefix": ("*:", "*:"),
    "id_tag_suffix": ("_*", "_*"),
    "id_tag_reversed": ("True", True),
    "id_tag_cut_zeros": ("True", True),
    "register": ("relative", "relative"),
    "energy_unit": ("10Wh", "10Wh"),
    "ping": ("False", False),
    "require_subprotocol": ("False", False),
    "key_form": ("hex", "hex"),
    "max_frame_bytes": ("65536", 65_536),
}


def test_every_setting_is_in_the_form_is_kept_and_is_in_the_audit_trail() -> None:
    assert set(TYPED) == NAMES
    pile = make_pile()
    client, url = browser(operator_of(pile)), reverse("stations:pile_edit", args=[pile.pk])
    client.post(url, OWN | {name: typed for name, (typed, _kept) in TYPED.items()})

    pile.refresh_from_db()
    kept = {name: value for name, (_typed, value) in TYPED.items()}
    assert pile.quirks == kept
    assert AuditEntry.objects.get(action="pile.edited").after["quirks"] == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, str(allowed[0] - 1)) for name, allowed in RANGES.items()),
        *((name, str(allowed[-1] + 1)) for name, allowed in RANGES.items()),
        *((name, "odd") for name in CHOICES),
        ("heartbeat_interval_s", "soon"),
        ("clock_zone", "Mars/Phobos"),
        ("id_tag_prefix", "x" * 21),
        ("ping", "perhaps"),
    ],
)
def test_nonsense_stands_at_its_field(name: str, value: str) -> None:
    pile = make_pile()
    answer = browser(operator_of(pile)).post(
        reverse("stations:pile_edit", args=[pile.pk]), OWN | {name: value}
    )

    assert name in errors(answer)
    assert Pile.objects.get(pk=pile.pk).quirks == {}


def test_an_empty_field_says_what_the_model_has() -> None:
    station = make_station()
    maker = Tenant.objects.get(pk=path_of(station.tenant_id).manufacturer_id)
    model = make_model(maker, quirks={"heartbeat_interval_s": 77, "register": "relative", "ping": False})
    pile = make_pile(station, model=model)
    page = browser(operator_of(pile)).get(reverse("stations:pile_edit", args=[pile.pk])).content.decode()
    above = browser(maker).get(reverse("stations:model_edit", args=[model.pk])).content.decode()

    assert 'placeholder="77"' in page
    assert "As the model: from each start" in page and "As the model: No" in page
    assert 'placeholder="300"' in above and "As usual: for ever" in above
