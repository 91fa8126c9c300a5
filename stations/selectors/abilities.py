"""What piles can do, as far as they said: the profiles they list, and commands that they did not know.

What a pile did not know counts for all of its model and firmware, of whatever tenant. It is forgotten
with new firmware, and when one of them answered to the same command since.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.utils.translation import gettext as _

from backoffice.kit.frame import Words
from backoffice.kit.scope import unscoped
from stations.features import missing_profile
from stations.models import Command, Connector, Pile, PileEvent
from stations.states import CHARGING

UNKNOWN_TO_PILE = ("NotImplemented", "NotSupported")
"""CALLERROR codes by which a pile says that it does not know a command (OCPP-J 1.6 §4.2.3)."""


def unsupported(pile: Pile, action: str) -> Words:
    """Why this pile does not know the command; "" where nothing is known against it."""
    profile = missing_profile(pile.feature_profiles, action)
    if profile:
        return _("The terminal does not list the feature profile %(profile)s.") % {"profile": profile}
    if action in lacking_actions(pile):
        return _("Terminals of this model and firmware said that they do not know this command.")
    return ""


def doubts_about(pile: Pile, action: str) -> Words:
    """Why an engineer should think twice before this command; "" where nothing speaks against it."""
    if action == "UnlockConnector" and Connector.objects.filter(pile=pile, status__in=CHARGING).exists():
        return _("A vehicle is charging here: the terminal stops its charge before it unlocks.")
    return unsupported(pile, action)


def lacking_actions(pile: Pile) -> frozenset[str]:
    """Commands that piles of this model and firmware answered with NotImplemented or NotSupported."""
    if not pile.reported_model:
        return frozenset()
    with unscoped(reason="what a model can do is no secret of a tenant"):
        alike = _answers_of_alike(pile)
        lacking: dict[str, datetime] = {}
        said = alike.filter(error__in=UNKNOWN_TO_PILE, answered_at__isnull=False)
        for action, at in said.order_by("answered_at").values_list("action", "answered_at"):
            if at is not None:
                lacking[action] = at
        return frozenset(
            action
            for action, at in lacking.items()
            if not alike.filter(action=action, answered_at__gt=at, latency_ms__isnull=False)
            .exclude(error__in=UNKNOWN_TO_PILE)
            .exists()
        )


def lacks_trigger(pile: Pile, message: str) -> bool:
    """Whether the last pile of this model and firmware that was asked for the message has no such trigger.

    Remembered by the commands themselves, of whatever tenant; new firmware is asked anew.
    """
    if not pile.reported_model:
        return False
    with unscoped(reason="what a model can do is no secret of a tenant"):
        said = (
            _answers_of_alike(pile)
            .annotate(said=KT("answer__status"))
            .filter(
                action__in=["TriggerMessage", "ExtendedTriggerMessage"],
                payload__requestedMessage=message,
                answered_at__isnull=False,
            )
            .filter(said__isnull=False)
            .order_by("-answered_at", "-pk")
            .values_list("said", flat=True)
            .first()
        )
    return said == "NotImplemented"


def _answers_of_alike(pile: Pile) -> QuerySet[Command]:
    """Commands to piles of this model and firmware, from before their firmware was another left out."""
    changed_since = PileEvent.objects.filter(
        pile=OuterRef("pile"), kind="firmware_changed", at__gt=OuterRef("answered_at")
    )
    return Command.objects.filter(
        ~Exists(changed_since),
        pile__reported_vendor=pile.reported_vendor,
        pile__reported_model=pile.reported_model,
        pile__firmware=pile.firmware,
    )
