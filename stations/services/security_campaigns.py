"""New proofs for many piles: the guided way to a password or a higher profile, and new certificates, as campaigns.

A pile that stands higher than what is wanted keeps its profile and renews what proves it. Nothing here is listed by
a pile among its feature profiles: one that does not know it says so, and that is its result.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from stations.campaigns import Kind, Outcome, Params, by_keepers
from stations.certificate_words import why_words
from stations.models import CampaignPile, SecurityUpgrade, SigningState, UpgradeState
from stations.models.security import UPGRADE_OVER
from stations.selectors.certificates import served_profiles, signings_of
from stations.services import certificates, upgrades
from stations.services.asking import outcome_of

AS_IT_IS: Final = 0
UPGRADE_WITHIN_S: Final = 3 * 3600
"""Longer than all steps may take together."""

RENEWAL_WITHIN_S: Final = 3600


def _upgrade(item: CampaignPile, actor: Actor) -> None:
    params = item.campaign.params
    upgrade = upgrades.start_upgrade(
        item.pile,
        actor=actor,
        target=max(int(params["target"]), item.pile.security_profile),
        new_key=bool(params.get("new_key")),
        install_roots=bool(params.get("install_roots")),
        reason=item.campaign.reason,
    )
    item.data = {"upgrade": upgrade.pk}


def _was_upgraded(item: CampaignPile) -> Outcome | None:
    row = SecurityUpgrade.objects.filter(pk=item.data.get("upgrade")).first()
    if row is None or row.state not in UPGRADE_OVER:
        return None
    if row.state == UpgradeState.DONE:
        return Outcome(True, _("Security profile %(number)s") % {"number": row.target})
    return Outcome(False, why_words(row.error) or row.get_state_display())


def _renew(item: CampaignPile, actor: Actor) -> None:
    item.command = certificates.ask_to_renew(
        item.pile, actor=actor, reason=item.campaign.reason, about=item.about
    )


def _was_renewed(item: CampaignPile) -> Outcome | None:
    """What it asked to be signed since, and whether it took it."""
    if item.command is None or item.started_at is None:
        return None
    row = signings_of(item.pile_id).filter(received_at__gte=item.started_at).first()
    if row is None:
        asked = outcome_of(item.command)
        return None if asked is None or asked.ok else Outcome(False, why_words(str(asked.text)))
    if row.finished_at is None:
        return None
    words = why_words(row.error) or row.get_state_display()
    return Outcome(row.state == SigningState.ACCEPTED, words)


def _check_upgrade(params: Params) -> None:
    target = params.get("target")
    if type(target) is not int or (target != AS_IT_IS and target not in served_profiles()):
        raise Refused(_("No gateway of ours speaks this profile."), code="not_served", field="target")
    if target == AS_IT_IS and not params.get("new_key"):
        raise Refused(_("There is nothing to do."), code="nothing", field="target")


UPGRADE: Final = Kind(
    name="security.upgrade",
    label=gettext_lazy("Rotate or upgrade"),
    start=_upgrade,
    outcome=_was_upgraded,
    check=_check_upgrade,
    perm=by_keepers,
    within_s=UPGRADE_WITHIN_S,
)
RENEW: Final = Kind(
    name="certificate.renew",
    label=gettext_lazy("Renew certificates"),
    start=_renew,
    outcome=_was_renewed,
    perm=by_keepers,
    within_s=RENEWAL_WITHIN_S,
)
KINDS: Final = (UPGRADE, RENEW)
