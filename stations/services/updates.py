"""Updating the firmware of piles: one job a pile, at an address of its own that expires.

A pile has one update at a time. A signed one may be asked for while another signed one runs: the pile
says whether it gives that up (AcceptedCanceled, white paper L01). Nothing is sent a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.scope import path_of_tenant
from stations import selectors, tickets, updating
from stations.models import Command, Firmware, FirmwareJob, FirmwareState, Pile
from stations.services.commands import Request, hold_pile, order_command
from stations.states import UPDATE_OPEN, UPDATE_RUNNING, UpdateState
from stations.tickets import Errand

ADDRESS_DAYS = 7
"""How long after its start a pile may fetch the file; some are offline for days."""

ABOUT = "firmware_job:"
ACTIONS = frozenset({"UpdateFirmware", "SignedUpdateFirmware"})
MOST_RETRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When and how. ``retrieve_at`` None: now. ``install_at`` is for signed updates only.

    ``anyway``: also where the pile said that it does not know the command; only engineers may.
    """

    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    retries: int = 3
    retry_interval_s: int = 60
    anyway: bool = False


def start_update(
    pile: Pile,
    *,
    firmware: Firmware,
    actor: Actor,
    signed: bool = False,
    reason: str = "",
    plan: Plan | None = None,
) -> FirmwareJob:
    """Ask a pile of the scope to fetch and install a firmware.

    Raises Refused: ``state``, ``model``, ``unsigned``, ``version``, ``wants_signed``, ``running``,
    ``scheme``, and what ``send_command`` raises.
    """
    plan = plan or Plan()
    with transaction.atomic():
        hold_pile(pile.pk)
        row = Pile.objects.select_related("model").get(pk=pile.pk)
        wanted = Firmware.objects.get(pk=firmware.pk)
        _require_fit(row, wanted, signed=signed)
        if not signed and not plan.anyway:
            _require_plain(row)
        _require_free(row, signed=signed)
        _require_scheme(row)
        job = _create(row, wanted, actor, signed=signed, plan=plan)
        request = Request(
            action="SignedUpdateFirmware" if signed else "UpdateFirmware",
            payload=_payload(job, plan),
            reason=reason,
            anyway=plan.anyway,
            about=f"{ABOUT}{job.pk}",
        )
        job.command = order_command(row, request, actor=actor)
        updating.keep(job)
        audit.record(actor, "firmware_job.started", job, after=audit.snapshot(job), reason=reason)
        return job


def take_answer(command: Command) -> None:
    """What became of the request for an update; other commands are passed over. Runs where the answer is kept."""
    if command.action not in ACTIONS or not command.about.startswith(ABOUT):
        return
    at = command.answered_at or clock.now()
    jobs = FirmwareJob.objects.select_related("firmware").filter(pile=command.pile_id)
    job = locks.locked(jobs.filter(pk=command.about.removeprefix(ABOUT))).first()
    if job is not None and updating.take_answer(job, command, at=at):
        for older in locks.locked(jobs.filter(pk__lt=job.pk, state__in=UPDATE_OPEN)):
            updating.give_up(older, at=at, state=UpdateState.FAILED, reason=updating.REPLACED)


@transaction.atomic
def ask_progress(job: FirmwareJob, *, actor: Actor) -> Command:
    """Ask the pile how far it is. What it says moves the job. Raises what ``send_command`` raises, and ``over``."""
    hold_pile(job.pile_id)
    row = locks.locked(FirmwareJob.objects.select_related("firmware").filter(pk=job.pk)).get()
    if row.state not in UPDATE_OPEN:
        raise Refused(_("This update is over."), code="over")
    request = Request(
        action="ExtendedTriggerMessage" if row.signed else "TriggerMessage",
        payload={"requestedMessage": "FirmwareStatusNotification"},
        about=f"{ABOUT}{row.pk}",
    )
    command = order_command(row.pile, request, actor=actor)
    row.asked_at = clock.now()
    updating.keep(row)
    return command


@transaction.atomic
def open_download(job_id: int) -> Firmware | None:
    """The firmware that the ticket of a job opens; None where it is not to be had any more."""
    job = FirmwareJob.objects.select_related("firmware").filter(pk=job_id).first()
    if job is None or job.state not in UPDATE_OPEN or job.firmware.state != FirmwareState.RELEASED:
        return None
    return job.firmware


@transaction.atomic
def count_download(job_id: int) -> None:
    """A pile fetches the file, or a part of it: the first sign that it took the request."""
    at = clock.now()
    FirmwareJob.objects.filter(pk=job_id).update(downloads=F("downloads") + 1, downloaded_at=at)
    running = FirmwareJob.objects.filter(pk=job_id, state__in=UPDATE_RUNNING)
    running.update(heard_at=at)


def address_of(job: FirmwareJob) -> str:
    """Where the pile fetches the file."""
    ticket = tickets.issue(Errand.FIRMWARE, job.pk, job.address_until)
    return f"{settings.FILES_URL}/files/firmware/{ticket}/{_plain_name(job.firmware.file_name)}"


def _plain_name(name: str) -> str:
    """A name that needs no escaping: piles are bad at that."""
    return "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in name)


def _create(pile: Pile, firmware: Firmware, actor: Actor, *, signed: bool, plan: Plan) -> FirmwareJob:
    at = clock.now()
    start = max(plan.retrieve_at or at, at)
    return FirmwareJob.objects.create(
        **path_of_tenant(pile.tenant_id).as_columns(),
        pile=pile,
        firmware=firmware,
        signed=signed,
        version_before=pile.firmware,
        retrieve_at=start,
        actor_ref=actor.ref[:80],
        actor_label=actor.label[:120],
        created_at=at,
        address_until=start + timedelta(days=ADDRESS_DAYS),
    )


def _payload(job: FirmwareJob, plan: Plan) -> dict[str, Any]:
    """OCPP 1.6 §6.53; white paper §5 for the signed one."""
    tries = {
        "retries": max(0, min(plan.retries, MOST_RETRIES)),
        "retryInterval": max(0, plan.retry_interval_s),
    }
    if not job.signed:
        return {"location": address_of(job), "retrieveDate": _stamp(job.retrieve_at), **tries}
    firmware = {
        "location": address_of(job),
        "retrieveDateTime": _stamp(job.retrieve_at),
        "signingCertificate": job.firmware.certificate,
        "signature": job.firmware.signature,
    }
    if plan.install_at is not None:
        firmware["installDateTime"] = _stamp(plan.install_at)
    return {"requestId": job.pk, "firmware": firmware, **tries}


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def _require_fit(pile: Pile, firmware: Firmware, *, signed: bool) -> None:
    if firmware.state != FirmwareState.RELEASED:
        raise Refused(_("This firmware is not released."), code="state", field="firmware")
    if pile.model is None or not firmware.pile_models.filter(pk=pile.model.pk).exists():
        raise Refused(
            _("This firmware is not for the model of the terminal."), code="model", field="firmware"
        )
    if signed and not firmware.is_signed:
        raise Refused(_("This firmware has no signature."), code="unsigned", field="signed")
    if updating.same_version(pile.firmware, firmware.version):
        raise Refused(_("The terminal runs this version already."), code="version", field="firmware")


def _require_plain(pile: Pile) -> None:
    """A pile that refused a plain update, as one with secure updates does (white paper L01.FR.20), is told apart."""
    if "UpdateFirmware" in selectors.lacking_actions(pile):
        message = _("Terminals of this model and firmware refuse updates that are not signed.")
        raise Refused(message, code="wants_signed", field="signed")


def _require_free(pile: Pile, *, signed: bool) -> None:
    at = clock.now()
    for job in locks.locked(
        FirmwareJob.objects.select_related("firmware").filter(pile=pile, state__in=UPDATE_OPEN)
    ):
        if job.state == UpdateState.STALLED:
            updating.give_up(job, at=at, state=UpdateState.FAILED, reason=updating.REPLACED)
        elif not (signed and job.signed):
            raise Refused(_("An update of this terminal is running."), code="running")


def _require_scheme(pile: Pile) -> None:
    known = selectors.transfer_protocols(pile)
    if known and not known & {"http", "https"}:
        raise Refused(_("The terminal says that it cannot fetch files over HTTP."), code="scheme")
