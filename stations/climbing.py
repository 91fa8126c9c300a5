"""Which security profile a pile is let in with, while it is asked to raise it.

As soon as the change is on its way both are valid, each with its own proof. The first handshake with the
higher one decides, and from then on the lower one is refused for good; a pile that says no keeps the lower
one (OCPP 1.6 security white paper A05). What a pile may have agreed to is never closed again by a timer: it
could not come back any other way.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from backoffice.kit import clock, locks
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from ocpp_gateway.wire import CommandState
from stations import hooks
from stations.models import Command, Pile, SecurityUpgrade, UpgradeState
from stations.states import UPGRADE

PROFILE_KEY = "SecurityProfile"
NAME_KEY = "CpoName"
HIGHEST = 3

_MAY_HAVE_AGREED = frozenset({CommandState.ACCEPTED, CommandState.TIMED_OUT, CommandState.CONNECTION_LOST})


def is_profile_change(command: Command) -> bool:
    return command.action == "ChangeConfiguration" and command.payload.get("key") == PROFILE_KEY


def is_naming(command: Command) -> bool:
    return command.action == "ChangeConfiguration" and command.payload.get("key") == NAME_KEY


def offer_profile(pile: Pile, profile: int) -> None:
    """Let a locked pile in with a higher profile too. Raises Refused for one that is not higher."""
    if not pile.security_profile < profile <= HIGHEST:
        raise Refused(_("A security profile is only ever raised."), code="not_higher", field="target")
    pile.next_profile = profile
    pile.save(update_fields=["next_profile"])


def note_answer(command: Command, state: CommandState) -> None:
    """What a pile said, or failed to say, to a change of its profile or of its operator's name."""
    pile = locks.locked(Pile.objects.filter(pk=command.pile_id)).get()
    if is_naming(command):
        if state is CommandState.ACCEPTED:
            pile.cpo_name = str(command.payload.get("value", ""))[:64]
            pile.save(update_fields=["cpo_name"])
    elif state not in _MAY_HAVE_AGREED and pile.next_profile is not None:
        pile.next_profile = None
        pile.save(update_fields=["next_profile"])


def note_arrival(pile_id: int, profile: int) -> None:
    """A handshake succeeded with the higher profile: from now on it is the only one."""
    pile = locks.locked(Pile.objects.filter(pk=pile_id)).get()
    if pile.next_profile != profile:
        return
    pile.security_profile, pile.next_profile = profile, None
    pile.save(update_fields=["security_profile", "next_profile"])
    waiting = SecurityUpgrade.objects.filter(
        pile=pile, target=profile, step__in=[UpgradeState.PROFILE, UpgradeState.RETURN]
    ).exclude(state=UpgradeState.DONE)
    newest = locks.locked(waiting).order_by("-created_at").first()
    if newest is not None:
        newest.state = move(UPGRADE, newest.state, UpgradeState.DONE)
        newest.step, newest.error, newest.finished_at = UpgradeState.RETURN, "", clock.now()
        newest.save(update_fields=["state", "step", "error", "finished_at"])
        hooks.upgrade_succeeded(newest)
