"""What piles say of their settings: kept as it was last said, and compared with what is wanted.

A listener of ``stations.hooks.command_finished`` and the services that change templates come here, so
what was reported and what is wanted are always compared by the same rule. The answer to a change is not
the value: only what is read back is kept (domain 1.7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from backoffice.kit import live
from ocpp_gateway.wire import CommandState
from stations import features
from stations.configuration import MASK, Drift, Seen, drift, is_secret, spelled
from stations.intake.batch import Row, sql, with_values
from stations.models import Command, ConfigurationKey, Pile
from stations.selectors import wanted_of
from stations.selectors.settings import Wanted

MOST_KEYS = 500
LONGEST_KEY, LONGEST_VALUE = 60, 2_000

_KEEP = """
INSERT INTO stations_configurationkey
    (tenant_id, pile_id, key, value, readonly, known, seen_at, wanted, drift, after_boot, read_again)
VALUES %s
ON CONFLICT (pile_id, key) DO UPDATE SET
    value = EXCLUDED.value, readonly = EXCLUDED.readonly, known = EXCLUDED.known, seen_at = EXCLUDED.seen_at,
    wanted = EXCLUDED.wanted, drift = EXCLUDED.drift, after_boot = EXCLUDED.after_boot
WHERE stations_configurationkey.seen_at IS NULL OR stations_configurationkey.seen_at <= EXCLUDED.seen_at
"""

_READ_AGAIN = """
INSERT INTO stations_configurationkey
    (tenant_id, pile_id, key, readonly, known, drift, after_boot, read_again, reboot_asked_at)
VALUES %s
ON CONFLICT (pile_id, key) DO UPDATE SET read_again = true,
    reboot_asked_at = COALESCE(EXCLUDED.reboot_asked_at, stations_configurationkey.reboot_asked_at)
"""


def hear_of_settings(command: Command) -> None:
    """What the answer to a command about settings means; nothing for other commands."""
    if command.state != CommandState.ACCEPTED or command.answered_at is None:
        return
    if command.action == "GetConfiguration":
        _keep(command, command.answered_at)
    elif command.action == "ChangeConfiguration":
        _read_again(command, command.answered_at)


def compare(piles: Sequence[Pile]) -> None:
    """Compare what is known of these piles with what is wanted of them now; what is wanted anew is not read yet.

    Locks the piles, in order, because a gateway may be keeping what they tell at the same moment.
    """
    own = Pile.objects.filter(pk__in=[pile.pk for pile in piles]).order_by("pk")
    list(own.select_for_update(no_key=True).values_list("pk", flat=True))
    wanted = wanted_of(piles)
    names = {one.key for keys in wanted.values() for one in keys.values()}
    kept: dict[int, dict[str, ConfigurationKey]] = defaultdict(dict)
    rows = ConfigurationKey.objects.filter(Q(wanted__isnull=False) | Q(key__in=names))
    for row in rows.filter(pile__in=[pile.pk for pile in piles]):
        kept[row.pile_id][row.key.casefold()] = row
    missing: list[ConfigurationKey] = []
    changes: dict[tuple[str | None, str, bool], list[int]] = defaultdict(list)
    for pile in piles:
        for folded, one in wanted[pile.pk].items():
            old = kept[pile.pk].pop(folded, None)
            if old is None:
                missing.append(_unread(pile, one))
                continue
            found = (one.value, drift(one.key, one.value, seen_of(old)).value, one.after_boot)
            if found != (old.wanted, old.drift, old.after_boot):
                changes[found].append(old.pk)
        changes[None, "", False] += [row.pk for row in kept[pile.pk].values() if row.wanted is not None]
    ConfigurationKey.objects.bulk_create(missing, ignore_conflicts=True)
    for (value, state, after_boot), keys in changes.items():
        chosen = ConfigurationKey.objects.filter(pk__in=keys)
        chosen.update(wanted=value, drift=state, after_boot=after_boot)


def seen_of(row: ConfigurationKey) -> Seen | None:
    """What a pile said of a key; None where it was never asked."""
    if row.seen_at is None:
        return None
    return Seen(value=row.value, readonly=row.readonly, known=row.known)


def read_answer(answer: Mapping[str, Any]) -> dict[str, Seen]:
    """A GetConfiguration.conf by key, secrets and what is no key left out. Later entries win."""
    found: dict[str, Seen] = {}
    for entry in list(answer.get("configurationKey") or ())[:MOST_KEYS]:
        key = _key(entry.get("key", ""))
        if key:
            value = entry.get("value")
            told = None if value is None or value == MASK else str(value)[:LONGEST_VALUE]
            found[key] = Seen(value=told, readonly=bool(entry.get("readonly")))
    for name in list(answer.get("unknownKey") or ())[:MOST_KEYS]:
        if key := _key(name):
            found.setdefault(key, Seen(known=False))
    return found


def _keep(command: Command, at: datetime) -> None:
    found = read_answer(command.answer)
    pile = Pile.objects.get(pk=command.pile_id)
    wanted = wanted_of([pile])[pile.pk]
    if found and not command.payload.get("key"):
        listed = {key.casefold() for key in found}
        found |= {one.key: Seen(known=False) for folded, one in wanted.items() if folded not in listed}
    rows = [_row(pile, key, seen, wanted.get(key.casefold()), at) for key, seen in sorted(found.items())]
    with sql() as cursor:
        with_values(cursor, _KEEP, rows)
    listed_profiles = found.get(features.KEY)
    profiles = features.read_profiles((listed_profiles.value or "") if listed_profiles else "")
    if profiles is not None and profiles != pile.feature_profiles:
        Pile.objects.filter(pk=pile.pk).update(feature_profiles=profiles)
    live.publish("settings", f"pile:{pile.pk}", command.path)


def _row(pile: Pile, key: str, seen: Seen, wanted: Wanted | None, at: datetime) -> Row:
    state = drift(key, wanted.value, seen).value if wanted else ""
    return (
        pile.tenant_id,
        pile.pk,
        key,
        seen.value,
        seen.readonly,
        seen.known,
        at,
        wanted.value if wanted else None,
        state,
        bool(wanted and wanted.after_boot),
        False,
    )


def _read_again(command: Command, at: datetime) -> None:
    key = _key(str(command.payload.get("key", "")))
    if not key:
        return
    pile = Pile.objects.only("pk", "tenant_id").get(pk=command.pile_id)
    asks = at if command.answer.get("status") == "RebootRequired" else None
    with sql() as cursor:
        row = (pile.tenant_id, pile.pk, key, False, True, "", False, True, asks)
        with_values(cursor, _READ_AGAIN, [row], template="(%s, %s, %s, %s, %s, %s, %s, %s, %s::timestamptz)")
    live.publish("settings", f"pile:{pile.pk}", command.path)


def _unread(pile: Pile, wanted: Wanted) -> ConfigurationKey:
    return ConfigurationKey(
        tenant_id=pile.tenant_id,
        pile=pile,
        key=spelled(wanted.key)[:LONGEST_KEY],
        wanted=wanted.value,
        drift=Drift.UNKNOWN.value,
        after_boot=wanted.after_boot,
    )


def _key(text: Any) -> str:
    """The name of a key as it is stored; "" for a secret and for none."""
    key = spelled(str(text))[:LONGEST_KEY]
    return "" if is_secret(key) else key
