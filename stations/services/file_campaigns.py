"""Updating many piles, and fetching the logs of many: kinds of campaigns.

A pile that runs the version already, or has no such model, is passed over. Where only idle piles are
wanted, one on which a vehicle charges is under way from its start, and asked once the vehicle is done.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from stations.campaigns import Kind, Outcome, Params
from stations.file_wording import reason_words
from stations.models import (
    CampaignPile,
    Connector,
    Firmware,
    FirmwareJob,
    FirmwareState,
    UploadJob,
    UploadKind,
)
from stations.services import updates, uploads
from stations.services.updates import Plan
from stations.services.uploads import Wanted
from stations.states import CHARGING, UPDATE_RUNNING, UPLOAD_RUNNING, UpdateState, UploadState

UPDATE_WITHIN_S: Final = 36 * 3600
"""Longer than the last patience with a silent pile, so that a job ends before its campaign gives it up."""

UPLOAD_WITHIN_S: Final = 3 * 3600


def _start_update(item: CampaignPile, actor: Actor) -> None:
    params = item.campaign.params
    if params.get("only_idle") and _is_charging(item):
        return
    job = updates.start_update(
        item.pile,
        firmware=_firmware(params),
        actor=actor,
        signed=item.campaign.kind == SIGNED.name,
        reason=item.campaign.reason,
        plan=_plan(item),
    )
    item.command, item.data = job.command, {"job": job.pk}


def _step_update(item: CampaignPile, actor: Actor) -> None:
    if "job" not in item.data:
        _start_update(item, actor)


def _outcome_of_update(item: CampaignPile) -> Outcome | None:
    job = FirmwareJob.objects.filter(pk=item.data.get("job")).first()
    if job is None or job.state in UPDATE_RUNNING:
        return None
    if job.state == UpdateState.INSTALLED:
        return Outcome(True, job.version_seen)
    return Outcome(False, reason_words(job.reason) or job.get_state_display())


def _start_upload(item: CampaignPile, actor: Actor) -> None:
    params = item.campaign.params
    job = uploads.start_upload(
        item.pile,
        wanted=Wanted(
            kind=UploadKind(params.get("kind", UploadKind.DIAGNOSTICS)),
            since=_instant(params.get("since")),
            until=_instant(params.get("until")),
            anyway=item.campaign.send_anyway,
        ),
        actor=actor,
        reason=item.campaign.reason,
    )
    item.command, item.data = job.command, {"job": job.pk}


def _outcome_of_upload(item: CampaignPile) -> Outcome | None:
    job = UploadJob.objects.filter(pk=item.data.get("job")).first()
    if job is None or job.state in UPLOAD_RUNNING:
        return None
    ok = job.state in {UploadState.UPLOADED, UploadState.NOTHING}
    return Outcome(ok, reason_words(job.reason) or job.get_state_display())


def _plan(item: CampaignPile) -> Plan:
    return Plan(
        retrieve_at=_instant(item.campaign.params.get("retrieve_at")), anyway=item.campaign.send_anyway
    )


def _is_charging(item: CampaignPile) -> bool:
    return Connector.objects.filter(pile=item.pile_id, status__in=CHARGING).exists()


def _firmware(params: Params) -> Firmware:
    found = Firmware.objects.filter(pk=params["firmware"]).first()
    if found is None:
        raise Refused(_("This firmware is not released."), code="state", field="firmware")
    return found


def _instant(text: Any) -> datetime | None:
    return clock.parse(text) if text else None


def _check_update(params: Params) -> None:
    if not isinstance(params.get("firmware"), int) or _firmware(params).state != FirmwareState.RELEASED:
        raise Refused(_("This firmware is not released."), code="state", field="firmware")
    _check_instants(params, "retrieve_at")


def _check_signed(params: Params) -> None:
    _check_update(params)
    if not _firmware(params).is_signed:
        raise Refused(_("This firmware has no signature."), code="unsigned", field="signed")


def _check_diagnostics(params: Params) -> None:
    if params.get("kind", UploadKind.DIAGNOSTICS) != UploadKind.DIAGNOSTICS:
        raise Refused(_("This is not asked of many terminals at once."), code="malformed")
    _check_instants(params, "since", "until")


def _check_log(params: Params) -> None:
    if params.get("kind") not in {UploadKind.DIAGNOSTICS_LOG, UploadKind.SECURITY_LOG}:
        raise Refused(_("This is not asked of many terminals at once."), code="malformed")
    _check_instants(params, "since", "until")


def _check_instants(params: Params, *names: str) -> None:
    try:
        for name in names:
            _instant(params.get(name))
    except (TypeError, ValueError):
        raise Refused(_("This is no moment."), code="malformed") from None


UPDATE: Final = Kind(
    name="firmware.update",
    label=gettext_lazy("Update firmware"),
    action="UpdateFirmware",
    start=_start_update,
    step=_step_update,
    outcome=_outcome_of_update,
    check=_check_update,
    within_s=UPDATE_WITHIN_S,
)
SIGNED: Final = Kind(
    name="firmware.signed",
    label=gettext_lazy("Update firmware, signed"),
    action="SignedUpdateFirmware",
    start=_start_update,
    step=_step_update,
    outcome=_outcome_of_update,
    check=_check_signed,
    within_s=UPDATE_WITHIN_S,
)
DIAGNOSTICS: Final = Kind(
    name="diagnostics",
    label=gettext_lazy("Fetch diagnostics"),
    action="GetDiagnostics",
    start=_start_upload,
    outcome=_outcome_of_upload,
    check=_check_diagnostics,
    within_s=UPLOAD_WITHIN_S,
)
LOG: Final = Kind(
    name="log",
    label=gettext_lazy("Fetch a log"),
    action="GetLog",
    start=_start_upload,
    outcome=_outcome_of_upload,
    check=_check_log,
    within_s=UPLOAD_WITHIN_S,
)
KINDS: Final = (UPDATE, SIGNED, DIAGNOSTICS, LOG)
