"""Reading the settings of many piles, and pushing what their templates want: two kinds of campaigns.

A push reads what is wanted first, changes what differs key by key, and ends with what each key was
answered: taken, taken after a restart, refused, not known (OCPP 1.6 §7.22).
"""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _, gettext_lazy, ngettext

from backoffice.kit.actor import Actor
from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from stations.campaigns import Kind, Outcome, Params
from stations.configuration import PUSHED
from stations.models import CampaignPile, ConfigurationKey
from stations.services.asking import outcome_of
from stations.services.commands import send_command
from stations.services.settings import change_setting, read_settings

TAKEN: Final = "Accepted"
AFTER_RESTART: Final = "RebootRequired"
_MOST_NAMED = 5


def _read(item: CampaignPile, actor: Actor) -> None:
    payload = {"key": list(item.campaign.params["keys"])} if item.campaign.params.get("keys") else {}
    item.command = send_command(
        item.pile,
        action="GetConfiguration",
        payload=payload,
        actor=actor,
        reason=item.campaign.reason,
        about=item.about,
    )


def _was_read(item: CampaignPile) -> Outcome | None:
    found = outcome_of(item.command) if item.command is not None else None
    if found is None or not found.ok or item.command is None:
        return found
    answer: dict[str, Any] = item.command.answer
    told, unknown = len(answer.get("configurationKey") or ()), answer.get("unknownKey") or []
    words = ngettext("%(count)d setting", "%(count)d settings", told) % {"count": told}
    if unknown:
        keys = enumerated(unknown[:_MOST_NAMED])
        words = _("%(settings)s; not known: %(keys)s") % {"settings": words, "keys": keys}
    return Outcome(True, words)


def _start_push(item: CampaignPile, actor: Actor) -> None:
    wanted = _wanted(item).values_list("key", flat=True)
    item.data = {"reads": True, "said": {}}
    if wanted:
        item.command = read_settings(item.pile, actor=actor, wanted=sorted(wanted), about=item.about)
    else:
        item.data["ended"] = True


def _push_next(item: CampaignPile, actor: Actor) -> None:
    """What the last command came to; then the next one that differs, unless that was all."""
    found = outcome_of(item.command) if item.command is not None else None
    if item.command is None or found is None:
        return
    data = item.data
    if data.pop("reads", False):
        if not found.ok:
            data |= {"ended": True, "unread": str(found.text)}
            return
        differs = _wanted(item).filter(drift__in=[state.value for state in PUSHED])
        data["todo"] = sorted(differs.values_list("key", flat=True))
    else:
        data["said"][data.pop("key")] = str(item.command.answer.get("status") or found.text)[:60]
    while data["todo"]:
        key = data["todo"].pop(0)
        row = _wanted(item).filter(key=key).first()
        if row is None:
            continue
        try:
            item.command = change_setting(
                item.pile,
                key=key,
                value=row.wanted or "",
                actor=actor,
                reason=item.campaign.reason,
                about=item.about,
                anyway=item.campaign.send_anyway,
            )
        except Refused as refused:
            if refused.code != "malformed":
                raise
            data["said"][key] = str(refused.message)
            continue
        data["key"] = key
        return
    data["ended"] = True


def _was_pushed(item: CampaignPile) -> Outcome | None:
    data = item.data
    if not data.get("ended"):
        return None
    if "unread" in data:
        return Outcome(False, data["unread"])
    said: dict[str, str] = data["said"]
    if not said:
        return Outcome(True, _("All as wanted"))
    taken = sum(answer in {TAKEN, AFTER_RESTART} for answer in said.values())
    words = [ngettext("%(count)d changed", "%(count)d changed", taken) % {"count": taken}]
    for answer in sorted(set(said.values()) - {TAKEN}):
        names = [key for key, one in said.items() if one == answer]
        words.append(f"{answer}: {', '.join(names[:_MOST_NAMED])}{' …' if names[_MOST_NAMED:] else ''}")
    return Outcome(taken == len(said), " · ".join(words))


def _wanted(item: CampaignPile) -> Any:
    return ConfigurationKey.objects.filter(pile=item.pile_id, wanted__isnull=False)


def _check_keys(params: Params) -> None:
    keys = params.get("keys") or []
    if not all(isinstance(key, str) and 1 <= len(key) <= 50 for key in keys):
        raise Refused(_("A key has 1 to 50 characters."), code="malformed", field="keys")


READ = Kind(
    name="configuration.read",
    label=gettext_lazy("Read settings"),
    action="GetConfiguration",
    start=_read,
    outcome=_was_read,
    check=_check_keys,
)
PUSH = Kind(
    name="configuration.push",
    label=gettext_lazy("Push wanted settings"),
    action="ChangeConfiguration",
    start=_start_push,
    step=_push_next,
    outcome=_was_pushed,
    within_s=3_600,
)
