"""Who may come in. One query decides a handshake; only a refusal or a decision about keys writes.

A generation is drawn for each admission and takes effect with the ``Connected`` fact: a handshake that
never became a session must not outdate the one that is live. Every refusal is kept, and those of
strangers are listed for the manufacturers until somebody claims them: bounded, so that a scanner of
addresses cannot fill the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.db import transaction

from backoffice.kit.levels import Level
from backoffice.kit.statements import execute
from ocpp_gateway.wire import Admission, Admitted, Hello, PileRecord, RefusalReason, Refused, Registration
from stations import climbing, keys
from stations.credentials import KeyForm, SealedKey, match
from stations.identities import LONGEST, objection_to, printable
from stations.intake import proofs, security
from stations.intake.batch import add_events, read_json, sql, with_values
from stations.intake.trouble import Seen, count_troubles
from stations.models import Life
from stations.quirks import Quirks, read_quirks, spoken
from stations.selectors.places import places
from tenants.selectors import tenants

MOST_UNCLAIMED = 500
ONE_EVENT_IN = timedelta(minutes=10)

_PLAIN = frozenset({0, 1})
_WITH_KEY = frozenset({1, 2})

_FIND = """
SELECT p.id, p.life, p.registration, p.security_profile, p.key_salt, p.key_hash, p.key_form,
    p.next_key_salt, p.next_key_hash, p.next_key_undecided, m.quirks, p.quirks,
    p.next_profile, p.tenant_id, btrim(CASE p.serial WHEN '' THEN p.reported_serial ELSE p.serial END), p.cpo_name,
    ARRAY(SELECT c.number FROM stations_connector c WHERE c.pile_id = p.id ORDER BY c.number),
    nextval('stations_generation')
FROM stations_pile p LEFT JOIN stations_pilemodel m ON m.id = p.model_id
WHERE p.identity = %s
"""

_LIST_UNCLAIMED = """
INSERT INTO stations_unclaimedpile (tenant_id, identity, reason, remote, attempts, first_seen_at, last_seen_at)
VALUES %s
ON CONFLICT (tenant_id, identity) DO UPDATE SET
    attempts = LEAST(stations_unclaimedpile.attempts + 1, 1000000000),
    reason = EXCLUDED.reason, remote = EXCLUDED.remote,
    last_seen_at = GREATEST(stations_unclaimedpile.last_seen_at, EXCLUDED.last_seen_at)
"""

_TRIM_UNCLAIMED = """
DELETE FROM stations_unclaimedpile WHERE id IN (
    SELECT id FROM stations_unclaimedpile WHERE tenant_id = %s
    ORDER BY LEAST(attempts, 3) DESC, last_seen_at DESC OFFSET %s
)
"""

_COUNT_REFUSAL = """
UPDATE stations_pileevent SET data = jsonb_set(data, '{attempts}', to_jsonb((data ->> 'attempts')::bigint + 1))
WHERE id = (
    SELECT id FROM stations_pileevent
    WHERE pile_id = %s AND at > %s AND kind = 'refused' AND data ->> 'reason' = %s
    ORDER BY at DESC LIMIT 1
)
"""


class _Found:
    """A pile as the door sees it."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        (self.id, self.life, self.registration, self.profile, salt, digest, self.key_form) = row[:7]
        (next_salt, next_digest, self.undecided, of_model, own, self.next_profile) = row[7:13]
        (tenant_id, serial, cpo_name, self.connectors, self.generation) = row[13:]
        self.claimed = proofs.Claimed(pile_id=self.id, tenant_id=tenant_id, serial=serial, cpo_name=cpo_name)
        self.key, self.next_key = SealedKey(salt, digest), SealedKey(next_salt, next_digest)
        self.quirks: Quirks = read_quirks([read_json(of_model), read_json(own)])


def admit(hello: Hello) -> Admission:
    """Decide on a handshake. Refusals are kept here."""
    found = _find(hello.identity)
    decision = RefusalReason.UNKNOWN_IDENTITY if found is None else _judge(hello, found)
    if isinstance(decision, Admitted):
        return decision
    note_refusals([(hello, decision)])
    return Refused(reason=decision)


@transaction.atomic
def note_refusals(refusals: Sequence[tuple[Hello, RefusalReason]]) -> None:
    """Keep handshakes that were refused, here or by the gateway without asking."""
    with sql() as cursor:
        identities = sorted({hello.identity for hello, _ in refusals if objection_to(hello.identity) is None})
        cursor.execute("SELECT identity, id FROM stations_pile WHERE identity = ANY(%s)", [identities])
        known = dict(cursor.fetchall())
        strangers: dict[str, tuple[Hello, RefusalReason]] = {}
        for hello, reason in refusals:
            if hello.identity in known:
                _note_refusal(cursor, known[hello.identity], hello, reason)
            elif reason in {RefusalReason.UNKNOWN_IDENTITY, RefusalReason.BAD_IDENTITY}:
                strangers[printable(hello.identity, 200)] = (hello, reason)
        if strangers:
            _list_strangers(cursor, strangers)
        place_of = places(known.values())
        security.note_refusals(refusals, {identity: place_of[pile_id] for identity, pile_id in known.items()})
        count_troubles(
            Seen(pile_id, place_of[pile_id].path, "refused", reason.value, hello.at, hello.remote)
            for hello, reason in refusals
            if (pile_id := known.get(hello.identity)) in place_of
        )


def _find(identity: str) -> _Found | None:
    if len(identity) > LONGEST or objection_to(identity) is not None:
        return None
    with sql() as cursor:
        execute(cursor, _FIND, [identity])
        row = cursor.fetchone()
    return row and _Found(row)


def _judge(hello: Hello, found: _Found) -> Admitted | RefusalReason:
    if found.life == Life.RETIRED:
        return RefusalReason.RETIRED
    refusal = RefusalReason.WRONG_PROFILE
    for profile in _profiles_of(found):
        if not _is_port_of(hello.security_profile, profile):
            continue
        proof = _prove(hello, found, profile)
        if isinstance(proof, RefusalReason):
            refusal = proof
            continue
        if profile == found.next_profile:
            with transaction.atomic():
                climbing.note_arrival(found.id, profile)
        pile = _record(hello.identity, found, profile)
        return Admitted(pile=pile, generation=found.generation, proof=proof.name, ends_at=proof.ends_at)
    return refusal


def _profiles_of(found: _Found) -> list[int]:
    """Those it may come with, the one that it was asked to rise to first."""
    own: list[int] = [found.profile]
    return own if found.next_profile is None else [found.next_profile, *own]


def _is_port_of(port: int, profile: int) -> bool:
    """Profiles 0 and 1 share a port, every other has its own (security white paper A00.FR.001-006)."""
    return port == profile or {port, profile} <= _PLAIN


def _prove(hello: Hello, found: _Found, profile: int) -> proofs.Proof | RefusalReason:
    """That what the pile shows is enough for this profile, or why not."""
    if profile == 0:
        return proofs.Proof() if _is_near(hello.remote) else RefusalReason.WRONG_PROFILE
    if profile in _WITH_KEY:
        used = _key_used(hello, found)
        if used is None:
            return RefusalReason.WRONG_CREDENTIALS
        _note_key(found, *used)
        which, _form = used
        return proofs.Proof((found.next_key if which is keys.Which.NEXT else found.key).salt)
    return proofs.prove(hello, found.claimed)


def _is_near(remote: str) -> bool:
    """Piles without a key are let in from trusted networks only: anybody could pretend to be one."""
    try:
        address = ip_address(remote.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ip_network(network) for network in settings.OPEN_PILE_NETWORKS)


def _key_used(hello: Hello, found: _Found) -> tuple[keys.Which, KeyForm] | None:
    if hello.user_name != hello.identity or hello.password is None:
        return None
    current, following = match(hello.password, found.key), match(hello.password, found.next_key)
    which, form = (keys.Which.NEXT, following) if current is None else (keys.Which.CURRENT, current)
    if form is None or found.quirks.key_form not in {"either", form.value}:
        return None
    return which, form


def _note_key(found: _Found, which: keys.Which, form: KeyForm) -> None:
    if which is keys.Which.NEXT or found.undecided or found.key_form != form:
        with transaction.atomic():
            keys.note_use(found.id, which, form)


def _record(identity: str, found: _Found, profile: int) -> PileRecord:
    return PileRecord(
        pile_id=found.id,
        identity=identity,
        registration=Registration(found.registration),
        security_profile=profile,
        connectors=tuple(found.connectors),
        **spoken(found.quirks),
    )


def _note_refusal(cursor: Any, pile_id: int, hello: Hello, reason: RefusalReason) -> None:
    """One event for many attempts of the same kind in a short time."""
    cursor.execute(_COUNT_REFUSAL, [pile_id, hello.at - ONE_EVENT_IN, reason.value])
    if not cursor.rowcount:
        data = {"reason": reason.value, "remote": hello.remote, "attempts": 1}
        add_events(cursor, [(pile_id, places([pile_id])[pile_id].path, "refused", hello.at, data)])


def _list_strangers(cursor: Any, strangers: dict[str, tuple[Hello, RefusalReason]]) -> None:
    manufacturers = list(tenants().filter(level=Level.MANUFACTURER).values_list("pk", flat=True))
    with_values(
        cursor,
        _LIST_UNCLAIMED,
        [
            (tenant_id, identity, reason.value, hello.remote[:60], 1, hello.at, hello.at)
            for tenant_id in sorted(manufacturers)
            for identity, (hello, reason) in sorted(strangers.items())
        ],
    )
    for tenant_id in manufacturers:
        cursor.execute(_TRIM_UNCLAIMED, [tenant_id, MOST_UNCLAIMED])
