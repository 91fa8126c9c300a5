"""The roots that many piles trust, put in and taken out: what comes before, and after, a new root of our gateways.

Every pile names an installed root by hashes of its own choice, so one that is to be forgotten is first asked what it
has (white paper M03), then told in its own words (M04). One that does not have it is done.
"""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from stations import pki
from stations.campaigns import Kind, Outcome, Params, by_keepers
from stations.certificate_words import why_words
from stations.models import CampaignPile, Command
from stations.selectors.certificates import gateway_roots, roots_in
from stations.services import certificates
from stations.services.asking import outcome_of

READ: Final = "GetInstalledCertificateIds"
HAS_NONE: Final = "NotFound"
WITHIN_S: Final = 1800


def _install(item: CampaignPile, actor: Actor) -> None:
    params = item.campaign.params
    item.command = certificates.install_root(
        item.pile,
        actor=actor,
        certificate=params["certificate"],
        use=params["use"],
        reason=item.campaign.reason,
        about=item.about,
    )


def _was_installed(item: CampaignPile) -> Outcome | None:
    asked = None if item.command is None else outcome_of(item.command)
    if asked is None or asked.ok:
        return asked and Outcome(True, _("It trusts it now."))
    return Outcome(False, why_words(str(asked.text)))


def _read(item: CampaignPile, actor: Actor) -> None:
    campaign = item.campaign
    item.command = certificates.read_installed(
        item.pile, actor=actor, use=campaign.params["use"], reason=campaign.reason, about=item.about
    )


def _delete(item: CampaignPile, actor: Actor) -> None:
    """Once it has said what it has, and this is among it."""
    asked = item.command
    if asked is None or asked.action != READ or outcome_of(asked) is None:
        return
    data = _named_by(asked, item.campaign.params)
    if data is not None:
        item.command = certificates.delete_root(
            item.pile, actor=actor, data=data, reason=item.campaign.reason, about=item.about
        )


def _was_deleted(item: CampaignPile) -> Outcome | None:
    asked = None if item.command is None else outcome_of(item.command)
    if item.command is None or asked is None:
        return None
    if item.command.answer.get("status") == HAS_NONE:
        return Outcome(True, _("It does not have it."))
    if not asked.ok:
        return Outcome(False, why_words(str(asked.text)))
    if item.command.action != READ:
        return Outcome(True, _("It trusts it no more."))
    is_there = _named_by(item.command, item.campaign.params) is not None
    return None if is_there else Outcome(True, _("It does not have it."))


def _named_by(asked: Command, params: Params) -> dict[str, Any] | None:
    """How the pile that answered names the root in question; None where it does not have it."""
    return next((one for one in roots_in(asked) if pki.is_named(params["certificate"], one)), None)


def _check_install(params: Params) -> None:
    certificates.check_root(str(params.get("certificate", "")), use=str(params.get("use", "")))


def _check_delete(params: Params) -> None:
    _check_install(params)
    used = [pki.facts_of(root).fingerprint for root in gateway_roots()]
    if pki.facts_of(str(params["certificate"])).fingerprint in used:
        raise Refused(
            _("The certificates of our gateways hang on this root: terminals would not know us any more."),
            code="in_use",
            field="certificate",
        )


INSTALL: Final = Kind(
    name="root.install",
    label=gettext_lazy("Install a root"),
    start=_install,
    outcome=_was_installed,
    check=_check_install,
    perm=by_keepers,
    within_s=WITHIN_S,
)
DELETE: Final = Kind(
    name="root.delete",
    label=gettext_lazy("Delete a root"),
    start=_read,
    step=_delete,
    outcome=_was_deleted,
    check=_check_delete,
    perm=by_keepers,
    within_s=WITHIN_S,
)
KINDS: Final = (INSTALL, DELETE)
