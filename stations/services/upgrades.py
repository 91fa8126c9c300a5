"""Guiding a pile to a new password and a higher security profile, one command after the other.

Every step is a command with its true outcome; the first that fails ends the way with its reason, and nothing is
undone that the pile may have done. The present way in stays open until the pile has come in by the new one (white
paper A01, A05). A sweep takes each way further from its row, so it survives whatever dies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from backoffice.kit.scope import path_of_tenant
from ocpp_gateway.wire import CommandState
from stations import climbing, dispatch, hooks, upgrading
from stations.models import Command, Life, Pile, SecurityUpgrade, SigningState, UpgradeState
from stations.models.security import UPGRADE_OVER
from stations.selectors.certificates import (
    certificate_of,
    cpo_name_of,
    gateway_roots,
    serial_of,
    served_profiles,
    signings_of,
    soon,
)
from stations.services import certificates, devices
from stations.services.commands import Request, order_command
from stations.states import UPGRADE
from stations.upgrading import Step, Verdict

log = logging.getLogger(__name__)

STEP_WITHIN = timedelta(minutes=15)
MOST_ATTEMPTS = 3
AT_ONCE = 200

LATE, KEPT_OLD_KEY, NOT_BACK, NO_CSR = "late", "kept_old_key", "not_back", "no_csr"


@transaction.atomic
def start_upgrade(
    pile: Pile,
    *,
    actor: Actor,
    target: int,
    new_key: bool = True,
    install_roots: bool = True,
    reason: str = "",
) -> SecurityUpgrade:
    """Begin. ``target`` may be the present profile: then only what proves the pile is renewed.

    Raises Refused: ``retired``, ``offline``, ``running``, ``target``, ``not_served``, ``serial``, ``nothing``.
    """
    row = locks.locked(Pile.objects.filter(pk=pile.pk)).get()
    _check(row, target)
    roots = gateway_roots() if install_roots else []
    steps = upgrading.steps_to(
        target, present=row.security_profile, new_key=new_key and row.security_profile < 3, roots=bool(roots)
    )
    if not steps:
        raise Refused(_("There is nothing to do."), code="nothing")
    at = clock.now()
    upgrade = SecurityUpgrade.objects.create(
        **path_of_tenant(row.tenant_id).as_columns(),
        pile=row,
        target=target,
        steps=list(steps),
        state=steps[0].value,
        step=steps[0].value,
        step_at=at,
        actor_ref=actor.ref[:80],
        actor_label=actor.label[:120],
        reason=reason[:300],
        created_at=at,
    )
    audit.record(actor, "upgrade.started", upgrade, after=audit.snapshot(upgrade), reason=reason)
    _publish(upgrade)
    return upgrade


@transaction.atomic
def cancel_upgrade(upgrade: SecurityUpgrade, *, actor: Actor, reason: str) -> SecurityUpgrade:
    """Ask for nothing more. What the pile agreed to stays: it is let in either way. The second time changes nothing."""
    row = locks.locked(SecurityUpgrade.objects.filter(pk=upgrade.pk)).get()
    if row.state in UPGRADE_OVER:
        return row
    before = audit.snapshot(row)
    _end(row, UpgradeState.CANCELLED, "")
    audit.record(actor, "upgrade.cancelled", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def set_profile(pile: Pile, *, actor: Actor, profile: int, reason: str) -> Pile:
    """What somebody set at the pile by hand, on site: the only way down (white paper A05). Raises Refused."""
    row = locks.locked(Pile.objects.filter(pk=pile.pk)).get()
    if row.life == Life.RETIRED:
        raise Refused(_("This pile is retired."), code="retired")
    if profile not in {1, 2, 3} or profile not in served_profiles():
        raise Refused(_("No gateway of ours speaks this profile."), code="not_served", field="profile")
    if profile < 3 and not row.key_hash:
        raise Refused(_("It has no password yet."), code="no_key", field="profile")
    before = audit.snapshot(row)
    row.security_profile, row.next_profile = profile, None
    row.save(update_fields=["security_profile", "next_profile"])
    audit.record(actor, "pile.profile_set", row, before=before, after=audit.snapshot(row), reason=reason)
    dispatch.doubt(row.gateway, row.pk)
    return row


def follow_upgrades() -> int:
    """Take every way one step further where it can go. Returns how many moved."""
    moved = 0
    running = SecurityUpgrade.objects.exclude(state__in=UPGRADE_OVER).order_by("pk")
    for upgrade_id, pile_id in list(running.values_list("pk", "pile_id")[:AT_ONCE]):
        try:
            with transaction.atomic():
                moved += _follow(upgrade_id, pile_id)
        except Exception:
            log.exception("upgrade %s was not taken further", upgrade_id)
    return moved


def _follow(upgrade_id: int, pile_id: int) -> bool:
    pile = locks.locked(Pile.objects.filter(pk=pile_id)).get()
    row = locks.locked(SecurityUpgrade.objects.filter(pk=upgrade_id)).select_related("command").get()
    before = (row.state, row.command_id, row.done_in_step)
    if row.state in UPGRADE_OVER:
        return False
    if pile.life == Life.RETIRED:
        _end(row, UpgradeState.FAILED, "retired")
    elif clock.now() - row.step_at > STEP_WITHIN:
        _end(row, UpgradeState.FAILED, NOT_BACK if row.state == UpgradeState.RETURN else LATE)
    else:
        _STEPS[Step(row.state)](row, pile)
    return before != (row.state, row.command_id, row.done_in_step)


def _key(row: SecurityUpgrade, pile: Pile) -> None:
    """White paper A01. Without an answer nothing is sent again: the next handshake tells which key the pile has."""
    match _verdict(row):
        case None:
            _attempt(row, lambda: devices.rotate_key(pile, actor=_actor(row), about=_about(row))[1])
            if row.command_id is not None:
                pile.refresh_from_db(fields=["next_key_salt"])
                row.offered_salt = pile.next_key_salt
                row.save(update_fields=["offered_salt"])
        case Verdict.AGREED:
            _next(row)
        case Verdict.UNKNOWN if not pile.next_key_hash:
            if pile.key_salt == row.offered_salt:
                _next(row)
            else:
                _end(row, UpgradeState.FAILED, KEPT_OLD_KEY)
        case Verdict.UNKNOWN:
            pass
        case verdict:
            _usual(row, verdict)


def _name(row: SecurityUpgrade, pile: Pile) -> None:
    value = cpo_name_of(pile.tenant_id)
    _ask(row, pile, "ChangeConfiguration", {"key": climbing.NAME_KEY, "value": value})


def _roots(row: SecurityUpgrade, pile: Pile) -> None:
    """White paper M05, for each root that signed a certificate of ours."""
    roots = gateway_roots()
    verdict = _verdict(row)
    if verdict is Verdict.AGREED:
        row.done_in_step += 1
        row.command, row.attempts = None, 0
        row.save(update_fields=["done_in_step", "command", "attempts"])
        verdict = None
    if verdict is None and row.done_in_step >= len(roots):
        _next(row)
    elif verdict is None:
        root = roots[row.done_in_step]
        _attempt(
            row,
            lambda: certificates.install_root(
                pile,
                actor=_actor(row),
                certificate=root,
                use="CentralSystemRootCertificate",
                about=_about(row),
            ),
        )
    else:
        _usual(row, verdict)


def _certificate(row: SecurityUpgrade, pile: Pile) -> None:
    """White paper A02: the pile asks, we sign, the pile takes it."""
    present = certificate_of(pile)
    is_good = present is not None and present.not_after > soon() and present.common_name == serial_of(pile)
    is_new = present is not None and present.installed_at is not None and present.installed_at >= row.step_at
    if present is not None and (is_new or (is_good and row.target > pile.security_profile)):
        _next(row)
        return
    asked = signings_of(pile.pk).filter(received_at__gte=row.step_at).first()
    if asked is not None:
        if asked.state in {SigningState.DECLINED, SigningState.REJECTED, SigningState.FAILED}:
            _end(row, UpgradeState.FAILED, asked.error or asked.state)
        return
    match _verdict(row):
        case None:
            _attempt(row, lambda: certificates.ask_to_renew(pile, actor=_actor(row), about=_about(row)))
        case Verdict.AGREED:
            if row.command is not None and row.command.state == CommandState.EFFECT_MISSING:
                _end(row, UpgradeState.FAILED, NO_CSR)
        case verdict:
            _usual(row, verdict)


def _profile(row: SecurityUpgrade, pile: Pile) -> None:
    """White paper A05. From the moment that it is asked it is let in either way."""
    match _verdict(row):
        case None:
            payload = {"key": climbing.PROFILE_KEY, "value": str(row.target)}
            if _order(row, pile, "ChangeConfiguration", payload):
                climbing.offer_profile(pile, row.target)
        case Verdict.AGREED | Verdict.UNKNOWN:
            _next(row, keep_command=True)
        case verdict:
            _usual(row, verdict)


def _return(row: SecurityUpgrade, pile: Pile) -> None:
    """The handshake that succeeds ends it (``climbing.note_arrival``). Here only: who must restart first is told to."""
    asked = row.command
    if asked is not None and asked.action != "Reset" and asked.answer.get("status") == "RebootRequired":
        _order(row, pile, "Reset", {"type": "Soft"})


_STEPS: Mapping[Step, Callable[[SecurityUpgrade, Pile], None]] = {
    Step.KEY: _key,
    Step.NAME: _name,
    Step.ROOTS: _roots,
    Step.CERTIFICATE: _certificate,
    Step.PROFILE: _profile,
    Step.RETURN: _return,
}


def _ask(row: SecurityUpgrade, pile: Pile, action: str, payload: dict[str, str]) -> None:
    """A step that is one command, and harmless to send again."""
    verdict = _verdict(row)
    if verdict is None:
        _order(row, pile, action, payload)
    elif verdict is Verdict.AGREED:
        _next(row)
    else:
        _usual(row, verdict)


def _usual(row: SecurityUpgrade, verdict: Verdict) -> None:
    """What an answer that is not yes means in most steps."""
    command = row.command
    status = str(command.answer.get("status", "")) if command is not None else ""
    match verdict:
        case Verdict.WAIT:
            return
        case Verdict.REFUSED if upgrading.may_be_skipped(Step(row.state), status):
            _next(row)
        case Verdict.REFUSED:
            _end(row, UpgradeState.FAILED, status or (command.error if command is not None else ""))
        case _ if row.attempts >= MOST_ATTEMPTS:
            _end(row, UpgradeState.FAILED, "no_answer")
        case _:
            row.command = None
            row.save(update_fields=["command"])


def _verdict(row: SecurityUpgrade) -> Verdict | None:
    """What became of the command of this step; None where none was sent yet."""
    return None if row.command is None else upgrading.verdict_of(CommandState(row.command.state))


def _order(row: SecurityUpgrade, pile: Pile, action: str, payload: dict[str, str]) -> bool:
    request = Request(action=action, payload=payload, about=_about(row), reason=row.reason)
    return _attempt(row, lambda: order_command(pile, request, actor=_actor(row)))


def _attempt(row: SecurityUpgrade, send: Callable[[], Command]) -> bool:
    """Send, unless the pile cannot be reached now: then the next round tries again. Whether it was sent."""
    try:
        with transaction.atomic():
            command = send()
    except Refused as refused:
        log.info("upgrade %s waits: %s", row.pk, refused.code)
        if refused.code == "lacking":
            _end(row, UpgradeState.FAILED, "lacking")
        return False
    row.command = command
    row.attempts += 1
    row.save(update_fields=["command", "attempts"])
    return True


def _next(row: SecurityUpgrade, *, keep_command: bool = False) -> None:
    following = upgrading.after(Step(row.state), row.steps)
    if following is None:
        _end(row, UpgradeState.DONE, "")
        return
    row.state = move(UPGRADE, row.state, following.value)
    row.step, row.step_at = row.state, clock.now()
    row.attempts = row.done_in_step = 0
    row.command = row.command if keep_command else None
    row.save(update_fields=["state", "step", "step_at", "attempts", "done_in_step", "command"])
    _publish(row)


def _end(row: SecurityUpgrade, state: UpgradeState, error: str) -> None:
    row.state = move(UPGRADE, row.state, state.value)
    row.error, row.finished_at = error[:300], clock.now()
    row.save(update_fields=["state", "error", "finished_at"])
    _publish(row)
    if state is UpgradeState.FAILED:
        hooks.upgrade_failed(row)
    elif state is UpgradeState.DONE:
        hooks.upgrade_succeeded(row)


def _check(pile: Pile, target: int) -> None:
    if pile.life == Life.RETIRED:
        raise Refused(_("This pile is retired."), code="retired")
    if not pile.online:
        raise Refused(_("The pile is offline. Nothing was sent."), code="offline")
    if SecurityUpgrade.objects.filter(pile=pile).exclude(state__in=UPGRADE_OVER).exists():
        raise Refused(_("This terminal is on its way already."), code="running")
    if target < pile.security_profile or target > climbing.HIGHEST:
        raise Refused(_("A security profile is only ever raised."), code="target", field="target")
    if target > pile.security_profile and target not in served_profiles():
        raise Refused(_("No gateway of ours speaks this profile."), code="not_served", field="target")
    if target == 3 and not serial_of(pile):
        raise Refused(_("Its serial number is not known: a certificate is made out to it."), code="serial")


def _actor(row: SecurityUpgrade) -> Actor:
    return Actor(row.actor_ref, row.actor_label)


def _about(row: SecurityUpgrade) -> str:
    return f"upgrade:{row.pk}"


def _publish(row: SecurityUpgrade) -> None:
    live.publish("piles", f"pile:{row.pile_id}", row.path)
