"""Updating many piles and fetching the logs of many, in waves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import Campaign, CampaignPile, Connector, Firmware, FirmwareJob, Pile, UploadJob
from stations.services import campaigns
from tenants.selectors import scope_of
from tests.factories.files import (
    make_firmware,
    manufacturer_of,
    signing,
    updating,
    uploading,
)
from tests.factories.stations import ACTOR, make_model, make_online_pile, make_station, outcome
from tests.stations.browsing import browser, errors, operator_of

TERMS: dict[str, Any] = {"wave_size": 50, "at_once": 20, "failure_share": 0, "patience_s": 0}


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[list[Pile], Firmware]]:
    """Three piles of a station and a firmware for them, made once."""
    with django_db_blocker.unblock(), transaction.atomic():
        with unscoped(reason="tests"):
            station = make_station()
            piles = [make_online_pile(station) for _ in range(3)]
            maker = manufacturer_of(station)
            model = make_model(maker)
            Pile.objects.filter(station=station).update(model=model)
            firmware = make_firmware(maker, model, version="2.0", signing=signing())
        yield piles, firmware
        transaction.set_rollback(True)


@pytest.fixture
def fleet(made: tuple[list[Pile], Firmware], everything: None) -> tuple[list[Pile], Firmware]:
    """As they stand in the database of this test."""
    piles, firmware = made
    rows = {row.pk: row for row in Pile.objects.filter(pk__in=[pile.pk for pile in piles])}
    return [rows[pile.pk] for pile in piles], Firmware.objects.get(pk=firmware.pk)


def begin(piles: list[Pile], kind: str, params: dict[str, Any], **terms: Any) -> Campaign:
    rows = Pile.objects.filter(pk__in=[pile.pk for pile in piles])
    campaign = campaigns.create_campaign(
        kind, rows, tenant_id=piles[0].tenant_id, actor=ACTOR, params=params, **TERMS | terms
    )
    campaigns.advance(campaign)
    return campaign


def items(campaign: Campaign) -> dict[int, tuple[str, str]]:
    """State and result by pile."""
    return {
        row.pile_id: (row.state, row.result)
        for row in CampaignPile.objects.filter(campaign=campaign).order_by("pile_id")
    }


@pytest.mark.parametrize(
    ("kind", "action"),
    [("firmware.update", "UpdateFirmware"), ("firmware.signed", "SignedUpdateFirmware")],
)
def test_each_pile_is_updated_to_its_own_end(
    kind: str, action: str, fleet: tuple[list[Pile], Firmware]
) -> None:
    piles, firmware = fleet
    Pile.objects.filter(pk=piles[2].pk).update(firmware="v2.0")
    campaign = begin(piles, kind, {"firmware": firmware.pk})
    jobs = {job.pile_id: job for job in FirmwareJob.objects.all()}
    assert set(jobs) == {piles[0].pk, piles[1].pk}
    assert {job.command.action for job in jobs.values() if job.command} == {action}
    intake.report_firmware([updating(jobs[piles[0].pk], "Installed")])
    intake.report_firmware([updating(jobs[piles[1].pk], "InstallationFailed")])
    campaigns.advance(campaign)

    assert items(campaign) == {
        piles[0].pk: ("done", ""),
        piles[1].pk: ("failed", "The terminal could not install it."),
        piles[2].pk: ("skipped", "The terminal runs this version already."),
    }
    campaign.refresh_from_db()
    assert campaign.state == "done"


def test_waves_stop_at_a_share_of_failures(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    campaign = begin(piles, "firmware.update", {"firmware": firmware.pk}, wave_size=1, failure_share=50)
    [job] = FirmwareJob.objects.all()
    intake.report_firmware([updating(job, "DownloadFailed")])
    campaigns.advance(campaign)
    campaign.refresh_from_db()

    assert campaign.state == "paused"
    assert FirmwareJob.objects.count() == 1


def test_a_pile_that_is_stalled_has_failed(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    campaign = begin(piles[:1], "firmware.update", {"firmware": firmware.pk})
    FirmwareJob.objects.update(state="stalled")
    campaigns.advance(campaign)

    assert items(campaign)[piles[0].pk] == ("failed", "Stalled")


def test_only_idle_piles_are_asked_where_that_is_wanted(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    gun = Connector.objects.filter(pile=piles[0], number=1)
    gun.update(status="Charging")
    campaign = begin(piles[:2], "firmware.update", {"firmware": firmware.pk, "only_idle": True})
    campaigns.advance(campaign)
    assert [job.pile_id for job in FirmwareJob.objects.all()] == [piles[1].pk]
    assert items(campaign)[piles[0].pk][0] == "running"
    gun.update(status="Available")
    campaigns.advance(campaign)
    campaigns.advance(campaign)

    assert FirmwareJob.objects.filter(pile=piles[0]).count() == 1


def test_a_pile_that_turned_out_to_run_it_while_it_was_waited_for_ends(
    fleet: tuple[list[Pile], Firmware],
) -> None:
    piles, firmware = fleet
    Connector.objects.filter(pile=piles[0], number=1).update(status="Charging")
    campaign = begin(piles[:1], "firmware.update", {"firmware": firmware.pk, "only_idle": True})
    Connector.objects.filter(pile=piles[0]).update(status="Available")
    Pile.objects.filter(pk=piles[0].pk).update(firmware="2.0")
    campaigns.advance(campaign)

    assert items(campaign)[piles[0].pk] == ("failed", "The terminal runs this version already.")


def test_an_update_may_start_later(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    start = clock.now() + timedelta(hours=8)
    begin(piles[:1], "firmware.update", {"firmware": firmware.pk, "retrieve_at": start.isoformat()})

    assert FirmwareJob.objects.get().retrieve_at == start


@pytest.mark.parametrize(
    ("kind", "params", "action"),
    [
        ("diagnostics", {}, "GetDiagnostics"),
        ("log", {"kind": "security_log"}, "GetLog"),
    ],
)
def test_logs_of_many_are_fetched(
    kind: str, params: dict[str, Any], action: str, fleet: tuple[list[Pile], Firmware]
) -> None:
    piles, _firmware = fleet
    campaign = begin(piles, kind, params)
    jobs = {job.pile_id: job for job in UploadJob.objects.all()}
    assert {job.command.action for job in jobs.values() if job.command} == {action}
    first, second, third = (jobs[pile.pk] for pile in piles)
    intake.report_uploads([uploading(first, "Uploaded"), uploading(second, "Uploading")])
    assert third.command is not None
    intake.keep_outcomes([outcome(third.command, CommandState.ERROR, error="InternalError")])
    campaigns.advance(campaign)

    assert [state for state, _result in items(campaign).values()] == ["done", "running", "failed"]


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("firmware.update", {}),
        ("firmware.update", {"firmware": 10**9}),
        ("firmware.update", {"firmware": "1"}),
        ("diagnostics", {"kind": "security_log"}),
        ("log", {}),
        ("log", {"kind": "security_log", "since": "yesterday"}),
    ],
)
def test_what_makes_no_sense_is_not_begun(
    kind: str, params: dict[str, Any], fleet: tuple[list[Pile], Firmware]
) -> None:
    with pytest.raises(Refused):
        begin(fleet[0], kind, params)

    assert not Campaign.objects.exists()


def test_firmware_without_a_signature_is_not_rolled_out_signed(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    Firmware.objects.filter(pk=firmware.pk).update(signature="")
    with pytest.raises(Refused) as refused:
        begin(piles, "firmware.signed", {"firmware": firmware.pk})

    assert (refused.value.code, FirmwareJob.objects.count()) == ("unsigned", 0)


def test_a_firmware_is_rolled_out_from_its_page(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    Pile.objects.filter(pk=piles[1].pk).update(firmware="1.5")
    client = browser(operator_of(piles[0]), Role.ENGINEER)
    page = reverse("stations:firmware_roll_out", args=[firmware.pk])
    assert "3 terminals" in client.get(page).content.decode()
    assert "1 terminal" in client.get(page + "?version=1.5").content.decode()
    typed = TERMS | {"version": "1.5", "station": "", "how": "signed", "only_idle": "on", "once": "b1"}
    answers = [client.post(page, typed) for _ in range(2)]
    campaign = Campaign.objects.get()

    assert {one.url for one in answers} == {reverse("stations:campaign", args=[campaign.pk])}  # type: ignore[attr-defined]
    assert (campaign.kind, campaign.total) == ("firmware.signed", 1)
    assert campaign.params["only_idle"] is True
    assert [item.pile_id for item in CampaignPile.objects.all()] == [piles[1].pk]


def test_piles_that_are_picked_are_updated_or_asked_for_logs(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    client = browser(operator_of(piles[0]), Role.ENGINEER)
    picked = {"pk": [piles[0].pk, piles[2].pk]}
    update, fetch = (
        reverse("stations:bulk_update", args=[firmware.pk]),
        reverse("stations:bulk_fetch"),
    )
    chooser = client.post(reverse("stations:bulk"), picked).content.decode()
    assert update in chooser and fetch in chooser
    assert "2 terminals" in client.post(fetch, picked).content.decode()
    client.post(update, picked | TERMS | {"once": "c1"})
    client.post(fetch, picked | TERMS | {"once": "c2", "kind": "security_log"})

    found = {one.kind: one.total for one in Campaign.objects.all()}
    assert found == {"firmware.update": 2, "log": 2}


def test_what_is_wrong_in_a_roll_out_is_said_at_its_field(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    client = browser(operator_of(piles[0]), Role.ENGINEER)
    page = reverse("stations:firmware_roll_out", args=[firmware.pk])
    answer = client.post(page, TERMS | {"wave_size": "0", "retrieve_at": "soon"})

    assert errors(answer).keys() == {"wave_size", "retrieve_at"}
    assert not Campaign.objects.exists()


def test_a_roll_out_reaches_no_pile_of_somebody_else(fleet: tuple[list[Pile], Firmware]) -> None:
    piles, firmware = fleet
    with scope_of(piles[0].tenant_id):
        own = set(Pile.objects.values_list("pk", flat=True))
    stranger = make_online_pile()
    Pile.objects.filter(pk=stranger.pk).update(model=piles[0].model_id or firmware.pile_models.get())
    client = browser(operator_of(piles[0]), Role.ENGINEER)
    client.post(reverse("stations:firmware_roll_out", args=[firmware.pk]), TERMS | {"once": "d1"})
    client.post(
        reverse("stations:bulk_update", args=[firmware.pk]), {"pk": [stranger.pk], **TERMS, "once": "d2"}
    )

    assert {item.pile_id for item in CampaignPile.objects.all()} == own
