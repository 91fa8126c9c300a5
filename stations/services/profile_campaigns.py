"""Limiting many piles, and letting many forget their limits: kinds of campaigns.

What is sent to many is about the whole pile, connector 0: the limit of the terminal, or the usual one of each of
its charges. A pile whose power a load group shares refuses here what the group gives, and is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from stations.campaigns import Kind, Outcome, Params
from stations.models import CampaignPile
from stations.profile_words import note_words
from stations.profiles import Profile, Purpose, Unreadable, faults
from stations.services import profiles
from stations.services.asking import outcome_of
from stations.services.profile_checks import words_of

OF_MANY: Final = frozenset({Purpose.STATION, Purpose.DEFAULT})
WHOLE: Final = 0
_CRITERIA: Final = frozenset({"chargingProfilePurpose", "stackLevel"})


def _set(item: CampaignPile, actor: Actor) -> None:
    campaign = item.campaign
    row = profiles.set_profile(
        item.pile,
        profile=Profile.from_json(campaign.params["profile"]),
        connector=WHOLE,
        actor=actor,
        reason=campaign.reason,
        anyway=campaign.send_anyway,
    )
    item.command, item.data = row.set_command, {"profile": row.pk}


def _clear(item: CampaignPile, actor: Actor) -> None:
    campaign = item.campaign
    item.command = profiles.clear_profiles(
        item.pile,
        what=campaign.params["what"],
        actor=actor,
        reason=campaign.reason,
        about=item.about,
        anyway=campaign.send_anyway,
    )


def _was_set(item: CampaignPile) -> Outcome | None:
    found = None if item.command is None else outcome_of(item.command)
    if found is None or found.ok or item.command is None:
        return found
    return Outcome(False, note_words(profiles.note_of(item.command)) or found.text)


def _was_cleared(item: CampaignPile) -> Outcome | None:
    """A pile that had nothing of the kind has nothing of it now (OCPP 1.6 errata 3.26)."""
    found = _was_set(item)
    if found is None or item.command is None or profiles.note_of(item.command) != "unknown":
        return found
    return Outcome(True, note_words("unknown"))


def _check_set(params: Params) -> None:
    try:
        profile = Profile.from_json(params.get("profile"))
    except Unreadable as error:
        message = _("This is no charging profile: %(field)s.") % {"field": error.where}
        raise Refused(message, code="malformed") from None
    if profile.purpose not in OF_MANY:
        raise Refused(_("This is not asked of many terminals at once."), code="malformed", field="purpose")
    for fault in faults(profile, WHOLE):
        raise Refused(words_of(fault), code="malformed", field=fault.field)


def _check_clear(params: Params) -> None:
    what = params.get("what")
    if not isinstance(what, Mapping) or not set(what) <= _CRITERIA:
        raise Refused(_("This is not asked of many terminals at once."), code="malformed")


SET: Final = Kind(
    name="profile.set",
    label=gettext_lazy("Set a charging profile"),
    action="SetChargingProfile",
    start=_set,
    outcome=_was_set,
    check=_check_set,
)
CLEAR: Final = Kind(
    name="profile.clear",
    label=gettext_lazy("Clear charging profiles"),
    action="ClearChargingProfile",
    start=_clear,
    outcome=_was_cleared,
    check=_check_clear,
)
KINDS: Final = (SET, CLEAR)
