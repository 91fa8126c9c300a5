"""Several gateways and several members of staff at once, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import unscoped
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import (
    Command,
    Connector,
    Pile,
    QrToken,
    Station,
    StatusEvent,
    TariffAssignment,
    TariffVersion,
)
from stations.services import commands, devices, tariffs, tokens
from tenants.models import Tenant
from tests.factories.stations import (
    ACTOR,
    Talk,
    make_agency,
    make_command,
    make_online_pile,
    make_pile,
    make_station,
    make_tariff,
    make_version,
    outcome,
)

pytestmark = pytest.mark.django_db(transaction=True)


def together(actions: Iterable[Callable[[], Any]]) -> list[Any]:
    """Do all of it at the same moment, each in a thread with a connection of its own; what each returned or raised."""
    work = list(actions)
    start = Barrier(len(work))

    def run(action: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            with unscoped(reason="tests"):
                return action()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def batch(action: Callable[[], Any]) -> Callable[[], Any]:
    """As the gateway's store does it: the whole batch in one transaction."""

    def run() -> Any:
        with transaction.atomic():
            return action()

    return run


def errors(results: Iterable[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


@pytest.mark.statement(81)
def test_first_reports_of_unknown_connectors_from_two_gateways_do_not_deadlock() -> None:
    piles = [make_pile(connectors=1) for _ in range(6)]
    talks = [Talk(pile) for pile in piles]

    def report(order: Iterable[Talk]) -> Callable[[], Any]:
        facts = [talk.status(number, "Available") for talk in order for number in (3, 2, 1)]
        return batch(lambda: intake.report_status(facts))

    results = together([report(talks), report(reversed(talks)), report(talks), report(reversed(talks))])

    assert not errors(results)
    with unscoped(reason="tests"):
        assert Connector.objects.filter(pile__in=piles, registered=False).count() == 12
        assert StatusEvent.objects.count() == 4 * 18


def test_one_fact_kept_by_two_gateways_at_once_is_told_once() -> None:
    fact = Talk(make_pile()).status(1, "Preparing")
    results = together([batch(lambda: intake.report_status([fact]))] * 4)

    assert not errors(results)
    assert sorted(len(changes) for changes in results) == [0, 0, 0, 1]


def test_connections_told_at_once_by_several_gateways_leave_the_newest() -> None:
    piles = [make_pile() for _ in range(4)]

    def connect(generation: int, order: Iterable[Pile]) -> Callable[[], Any]:
        facts = [Talk(pile, generation=generation, gateway=f"gw-{generation}").connected() for pile in order]
        return batch(lambda: intake.connect(facts))

    results = together(connect(n, piles if n % 2 else reversed(piles)) for n in range(1, 7))

    assert not errors(results)
    with unscoped(reason="tests"):
        assert set(Pile.objects.values_list("generation", "gateway", "online")) == {(6, "gw-6", True)}


def test_everything_at_once_neither_deadlocks_nor_loses_anything() -> None:
    station, other = make_station(), make_station()
    piles = [make_online_pile(station) for _ in range(4)]
    asked = [make_command(pile) for pile in piles]

    def everything(order: list[Pile]) -> Callable[[], Any]:
        talks = [Talk(pile, generation=2) for pile in order]

        def run() -> None:
            intake.connect([talk.connected() for talk in talks])
            intake.boot([talk.booted() for talk in talks])
            intake.report_status([talk.status(n, "Available") for talk in talks for n in (0, 1, 2)])
            intake.see({pile.pk: talks[0].connected().received_at for pile in order})
            intake.keep_frames([talk.frame("Heartbeat") for talk in talks])
            intake.keep_outcomes([outcome(command, CommandState.SENT) for command in asked])

        return batch(run)

    results = together(
        [
            everything(piles),
            everything(piles[::-1]),
            lambda: commands.send_command(piles[0], action="Reset", payload={"type": "Soft"}, actor=ACTOR),
            lambda: devices.move_pile(piles[1], to=other, actor=ACTOR, reason="moved"),
            lambda: devices.rotate_key(piles[2], actor=ACTOR),
        ]
    )

    assert not errors(results)
    with unscoped(reason="tests"):
        assert StatusEvent.objects.count() == 2 * 4 * 3
        moved = Pile.objects.get(pk=piles[1].pk)
        owners = {*Connector.objects.filter(pile=moved).values_list("tenant_id", flat=True), moved.tenant_id}
        assert owners == {other.tenant_id}


def test_a_button_pressed_by_several_at_once_is_one_command() -> None:
    pile = make_online_pile()
    results = together(
        [lambda: commands.send_command(pile, action="Reset", payload={"type": "Soft"}, actor=ACTOR).pk] * 4
    )

    assert not errors(results) and len(set(results)) == 1
    with unscoped(reason="tests"):
        assert Command.objects.count() == 1


def test_an_identity_registered_by_several_at_once_is_taken_once() -> None:
    station = make_station()
    results = together([lambda: devices.create_pile(station, actor=ACTOR, identity="SAME", connectors=1)] * 4)

    assert [error.code for error in errors(results) if isinstance(error, Refused)] == ["identity_taken"] * 3
    with unscoped(reason="tests"):
        assert Pile.objects.filter(identity="SAME").count() == 1


def test_versions_approved_at_once_do_not_overlap() -> None:
    tariff = make_tariff(make_agency())
    drafts = [make_version(tariff, approved=False) for _ in range(4)]
    together([lambda draft=draft: tariffs.approve_version(draft, actor=ACTOR) for draft in drafts])

    with unscoped(reason="tests"):
        spans = list(
            TariffVersion.objects.filter(tariff=tariff, state="approved")
            .order_by("valid_from")
            .values_list("valid_from", "valid_to")
        )
    assert all(end == following for (_, end), (following, _) in pairwise(spans))
    assert spans[-1][1] is None


def test_two_timers_do_not_do_the_same_planned_change_twice() -> None:
    station = make_station()
    with unscoped(reason="tests"):
        tariff = make_tariff(Tenant.objects.get(pk=station.tenant.parent_id))
        with clock.frozen(clock.ago(minutes=1)):
            due = clock.now() + timedelta(seconds=1)
            tariffs.assign_in_bulk(Station.objects.all(), tariff=tariff, actor=ACTOR, due_at=due)
    assert not errors(together([tariffs.apply_assignments] * 3))

    with unscoped(reason="tests"):
        assert AuditEntry.objects.filter(action="tariff.assigned").count() == 1
        assert TariffAssignment.objects.get().state == "done"


def test_a_draft_saved_by_several_at_once_is_saved_by_one_and_the_others_are_told() -> None:
    draft = make_version(make_tariff(make_agency()), approved=False)
    results = together(
        [
            lambda grace=grace: tariffs.edit_version(draft, actor=ACTOR, revision=1, idle_grace_min=grace)
            for grace in (20, 30, 40)
        ]
    )

    assert [error.code for error in errors(results) if isinstance(error, Refused)] == ["changed"] * 2
    with unscoped(reason="tests"):
        assert TariffVersion.objects.get(pk=draft.pk).revision == 2


def test_a_sticker_replaced_by_several_at_once_leaves_one_live_code() -> None:
    pile = make_pile(connectors=1)
    with unscoped(reason="tests"):
        connector = Connector.objects.get(pile=pile)
    results = together([lambda: tokens.replace_token(connector, actor=ACTOR, reason="torn off")] * 4)

    assert not errors(results)
    with unscoped(reason="tests"):
        assert QrToken.objects.filter(connector=connector, revoked_at__isnull=True).count() == 1
        assert QrToken.objects.filter(connector=connector).count() == 5
