"""Which keys open the door for a pile, while one is being replaced by another.

As soon as a next key is on its way both are valid. The pile's answer decides: taken, and only the next
one is; refused, and only the old one stays. Without an answer the next handshake decides, by the key
it uses (OCPP 1.6 security white paper A01.FR.03-04). A connection that was opened with a key that is not valid
any more ends: the pile comes back with the new one.
"""

from __future__ import annotations

from enum import StrEnum

from backoffice.kit import locks
from ocpp_gateway.wire import CommandState
from stations import dispatch
from stations.credentials import NO_KEY, KeyForm, SealedKey
from stations.models import Command, Pile

KEY_NAME = "AuthorizationKey"
_COLUMNS = [
    "key_salt",
    "key_hash",
    "next_key_salt",
    "next_key_hash",
    "next_key_undecided",
    "key_form",
]


class Which(StrEnum):
    CURRENT = "current"
    NEXT = "next"


def is_key_change(command: Command) -> bool:
    return command.action == "ChangeConfiguration" and command.payload.get("key") == KEY_NAME


def set_key(pile: Pile, key: SealedKey) -> None:
    """Make this the only key."""
    pile.key_salt, pile.key_hash, pile.key_form = key.salt, key.digest, ""
    _set_next(pile, NO_KEY)


def offer_key(pile: Pile, key: SealedKey) -> None:
    """Let a second key in, beside the present one."""
    _set_next(pile, key)


def save_keys(pile: Pile) -> None:
    pile.save(update_fields=_COLUMNS)


def note_use(pile_id: int, which: Which, form: KeyForm) -> None:
    """A handshake succeeded with this key: remember how it was written, and decide what was undecided."""
    pile = _lock(pile_id)
    if which is Which.NEXT and pile.next_key_hash:
        _promote(pile)
    elif which is Which.CURRENT and pile.next_key_undecided:
        _set_next(pile, NO_KEY)
    pile.key_form = form
    save_keys(pile)


def note_answer(command: Command, state: CommandState, status: str) -> None:
    """What a pile said, or failed to say, to a change of its key.

    ``RebootRequired`` keeps both: the old key stays in use until the pile restarts.
    """
    pile = _lock(command.pile_id)
    if not pile.next_key_hash:
        return
    match state:
        case CommandState.ACCEPTED if status == "RebootRequired":
            return
        case CommandState.ACCEPTED:
            _promote(pile)
        case CommandState.TIMED_OUT | CommandState.CONNECTION_LOST:
            pile.next_key_undecided = True
        case _:
            _set_next(pile, NO_KEY)
    save_keys(pile)


def _lock(pile_id: int) -> Pile:
    return locks.locked(Pile.objects.filter(pk=pile_id)).get()


def _promote(pile: Pile) -> None:
    set_key(pile, SealedKey(pile.next_key_salt, pile.next_key_hash))
    dispatch.doubt(pile.gateway, pile.pk)


def _set_next(pile: Pile, key: SealedKey) -> None:
    pile.next_key_salt, pile.next_key_hash, pile.next_key_undecided = key.salt, key.digest, False
