"""Asking many piles for the same, in waves, to an end at each of them.

Whatever runs twice or at the same time changes nothing the second time: a pile is begun and ended with
its row locked, and each in a transaction of its own, so that one that fails holds up no other. The
engine works by sweeps over rows alone; no pile is under way for longer than its kind says.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import get_language, gettext as _, override

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from backoffice.kit.scope import path_of_tenant
from stations import campaigns
from stations.campaigns import Kind, Outcome
from stations.models import Campaign, CampaignPile, Life, Pile, Registration
from stations.selectors import piles, shares_of_wave
from stations.states import CAMPAIGN, ITEM, ITEM_OPEN, CampaignState, ItemState
from tenants.selectors import scope_of

log = logging.getLogger(__name__)

MOST_PILES = 10_000
MOST_AT_ONCE = 200
BATCH = 1_000
CAMPAIGNS_A_TICK = 20
STARTS_A_TICK = 50
UNREACHABLE = frozenset({"offline", "not_registered"})
"""Refusals of a pile that may be asked later."""

ENGINE = timer("campaigns")
_UNREACHABLE_PILE = Q(pile__online=False) | Q(pile__registration=Registration.UNKNOWN)


class Terms(TypedDict, total=False):
    """How a campaign goes about it; the columns of ``Campaign`` say what each means."""

    wave_size: int
    at_once: int
    failure_share: int
    patience_s: int
    send_anyway: bool


@transaction.atomic
def create_campaign(
    kind: str,
    rows: QuerySet[Pile],
    *,
    tenant_id: int,
    actor: Actor,
    title: str = "",
    params: Mapping[str, Any] | None = None,
    reason: str = "",
    token: str = "",
    **terms: Unpack[Terms],
) -> Campaign:
    """Begin to ask these piles, which lie below the tenant. The same ``token`` again gives the same one.

    Retired piles are left out. Raises Refused: ``nothing``, ``too_many``, and what the kind refuses;
    KeyError for a kind that there is not.
    """
    how = campaigns.named(kind)
    how.check(params or {})
    token = sha256(f"{tenant_id}:{actor.ref}:{token or secrets.token_hex(16)}".encode()).hexdigest()
    locks.hold(f"stations.campaign:{token}")
    same = Campaign.objects.filter(token=token).first()
    if same is not None:
        return same
    chosen = Pile.objects.filter(pk__in=rows.order_by().values("pk")).exclude(life=Life.RETIRED)
    keys = list(chosen.order_by("pk").values_list("pk", flat=True)[: MOST_PILES + 1])
    if not keys:
        raise Refused(_("There is no terminal to ask."), code="nothing")
    if len(keys) > MOST_PILES:
        raise Refused(
            _("At most %(most)d terminals are asked at once.") % {"most": MOST_PILES}, code="too_many"
        )
    path = path_of_tenant(tenant_id).as_columns()
    wave_size = min(terms.get("wave_size") or len(keys), MOST_PILES)
    campaign = Campaign.objects.create(
        **path,
        kind=kind,
        title=(title or str(how.label))[:120],
        params=dict(params or {}),
        total=len(keys),
        wave_size=wave_size,
        at_once=max(1, min(terms.get("at_once", 20), MOST_AT_ONCE)),
        failure_share=min(terms.get("failure_share", 0), 100),
        patience_s=terms.get("patience_s", 0),
        send_anyway=terms.get("send_anyway", False),
        wave_began_at=clock.now(),
        token=token,
        language=get_language() or "en",
        reason=reason[:300],
        actor_ref=actor.ref[:80],
        actor_label=actor.label[:120],
        created_at=clock.now(),
    )
    items = (
        CampaignPile(**path, campaign=campaign, pile_id=key, wave=index // wave_size)
        for index, key in enumerate(keys)
    )
    CampaignPile.objects.bulk_create(items, batch_size=BATCH)
    audit.record(actor, "campaign.created", campaign, after=audit.snapshot(campaign), reason=reason)
    _tell(campaign)
    return campaign


@transaction.atomic
def pause_campaign(campaign: Campaign, *, actor: Actor, reason: str = "") -> Campaign:
    """Ask nobody more for now; those that were asked end. Raises Refused ``not_now`` for one that has ended."""
    row = _lock(campaign)
    if row.state == CampaignState.PAUSED:
        return row
    row.paused_because = reason[:300]
    return _turn(row, CampaignState.PAUSED, actor, "campaign.paused", reason)


@transaction.atomic
def resume_campaign(campaign: Campaign, *, actor: Actor) -> Campaign:
    """Go on. Raises Refused ``not_now`` for one that has ended."""
    row = _lock(campaign)
    if row.state == CampaignState.RUNNING:
        return row
    row.paused_because, row.wave_began_at = "", clock.now()
    return _turn(row, CampaignState.RUNNING, actor, "campaign.resumed", "")


@transaction.atomic
def stop_campaign(campaign: Campaign, *, actor: Actor, reason: str) -> Campaign:
    """Ask nobody more, for good; those that were asked end. Raises Refused ``not_now``."""
    row = _lock(campaign)
    if row.state == CampaignState.STOPPED:
        return row
    _turn(row, CampaignState.STOPPED, actor, "campaign.stopped", reason)
    waiting = CampaignPile.objects.filter(campaign=row, state=ItemState.WAITING)
    waiting.update(state=ItemState.SKIPPED, ended_at=clock.now(), result=_("It was stopped before."))
    return row


def retry_failed(campaign: Campaign, *, actor: Actor, tenant_id: int, reason: str = "") -> Campaign:
    """A new campaign like this one, for the piles that failed or were not asked. Twice gives the same one.

    Raises Refused: ``not_now`` while it goes on, ``nothing`` where all of it succeeded.
    """
    if campaign.ended_at is None:
        raise Refused(_("It has not ended yet."), code="not_now")
    left = CampaignPile.objects.filter(campaign=campaign, state__in=[ItemState.FAILED, ItemState.SKIPPED])
    return create_campaign(
        campaign.kind,
        Pile.objects.filter(pk__in=left.values("pile")),
        tenant_id=tenant_id,
        actor=actor,
        title=campaign.title,
        params=campaign.params,
        reason=reason or campaign.reason,
        token=f"again:{campaign.pk}",
        wave_size=campaign.wave_size,
        at_once=campaign.at_once,
        failure_share=campaign.failure_share,
        patience_s=campaign.patience_s,
        send_anyway=campaign.send_anyway,
    )


def advance_campaigns() -> int:
    """Move on every campaign that is under way, so many at a time. Returns how many piles moved."""
    open_ones = Campaign.objects.filter(ended_at__isnull=True).order_by("looked_at", "pk")
    keys = list(open_ones.values_list("pk", flat=True)[:CAMPAIGNS_A_TICK])
    Campaign.objects.filter(pk__in=keys).update(looked_at=clock.now())
    moved = 0
    for campaign in Campaign.objects.filter(pk__in=keys).order_by("pk"):
        try:
            moved += advance(campaign)
        except Exception:
            log.exception("campaign %s could not be moved on", campaign.pk)
    return moved


def advance(campaign: Campaign) -> int:
    """End what has ended, begin what may begin. Returns how many piles moved."""
    kind = campaigns.named(campaign.kind)
    with scope_of(campaign.path.owner_id), override(campaign.language):
        moved = _follow(campaign, kind)
        turned = _turn_wave(campaign)
        moved += _give_up_waiting(campaign) + _begin(campaign, kind)
        if moved or turned:
            _tell(campaign)
    return moved


def _follow(campaign: Campaign, kind: Kind) -> int:
    running = CampaignPile.objects.filter(campaign=campaign, state=ItemState.RUNNING)
    moved = 0
    for item in running.select_related("campaign", "command").order_by("pk"):
        if kind.step is None and kind.outcome(item) is None and not _is_late(item):
            continue
        try:
            with transaction.atomic():
                moved += _look(item.pk, kind)
        except Exception:
            log.exception("pile %s of campaign %s", item.pile_id, campaign.pk)
            moved += _fail(item.pk)
    return moved


def _look(item_id: int, kind: Kind) -> bool:
    """What became of one pile that was asked; with its next step where there is one."""
    item = _lock_item(item_id, ItemState.RUNNING)
    if item is None:
        return False
    found = kind.outcome(item)
    if found is None and kind.step is not None:
        try:
            with transaction.atomic():
                kind.step(item, _asker(item.campaign))
        except Refused as refused:
            found = Outcome(False, str(refused.message))
    if found is None and _is_late(item):
        found = Outcome(False, _("It did not come to an end in time."))
    if found is not None:
        _end(item, ItemState.DONE if found.ok else ItemState.FAILED, str(found.text))
    else:
        item.save(update_fields=["command", "data"])
    return found is not None


def _turn_wave(campaign: Campaign) -> bool:
    """Go on to the next wave when all of the last has ended, or end."""
    with transaction.atomic():
        row = _lock(campaign)
        items = CampaignPile.objects.filter(campaign=row)
        if row.ended_at is not None:
            return False
        if row.state == CampaignState.STOPPED and not items.filter(state=ItemState.RUNNING).exists():
            row.ended_at = clock.now()
        elif row.state != CampaignState.RUNNING or items.filter(wave=row.wave, state__in=ITEM_OPEN).exists():
            return False
        elif items.filter(wave__gt=row.wave).exists():
            failed, asked = shares_of_wave(row)
            row.wave, row.wave_began_at = row.wave + 1, clock.now()
            if row.failure_share and failed * 100 >= row.failure_share * asked > 0:
                row.paused_because = _("%(failed)d of the %(asked)d terminals of the last wave failed.") % {
                    "failed": failed,
                    "asked": asked,
                }
                _turn(row, CampaignState.PAUSED, ENGINE, "campaign.paused", row.paused_because)
        else:
            row.state = move(CAMPAIGN, CampaignState(row.state), CampaignState.DONE)
            row.ended_at = clock.now()
        row.save()
    return True


def _give_up_waiting(campaign: Campaign) -> int:
    """Piles of the wave that could not be heard as long as they were waited for."""
    row = Campaign.objects.get(pk=campaign.pk)
    if row.state != CampaignState.RUNNING or not _patience_is_over(row):
        return 0
    away = CampaignPile.objects.filter(
        _UNREACHABLE_PILE, campaign=row, wave=row.wave, state=ItemState.WAITING
    )
    with transaction.atomic():
        chosen = locks.locked(away)[:BATCH]
        return CampaignPile.objects.filter(pk__in=[item.pk for item in chosen]).update(
            state=ItemState.SKIPPED, ended_at=clock.now(), result=_("The terminal could not be heard.")
        )


def _begin(campaign: Campaign, kind: Kind) -> int:
    """Ask the next piles of the wave, as far as there is room."""
    items = CampaignPile.objects.filter(campaign=campaign)
    room = campaign.at_once - items.filter(state=ItemState.RUNNING).count()
    wave = Campaign.objects.values_list("wave", flat=True).get(pk=campaign.pk)
    ready = items.filter(state=ItemState.WAITING, wave=wave).exclude(_UNREACHABLE_PILE).order_by("pk")
    begun = 0
    for item_id in list(ready.values_list("pk", flat=True)[: max(0, min(room, STARTS_A_TICK))]):
        try:
            with transaction.atomic():
                begun += _start(campaign, item_id, kind)
        except Exception:
            log.exception("item %s of campaign %s could not be begun", item_id, campaign.pk)
            begun += _fail(item_id)
    return begun


def _start(campaign: Campaign, item_id: int, kind: Kind) -> bool:
    row = _lock(campaign)
    running = CampaignPile.objects.filter(campaign=row, state=ItemState.RUNNING).count()
    if row.state != CampaignState.RUNNING or running >= row.at_once:
        return False
    item = _lock_item(item_id, ItemState.WAITING)
    if item is None:
        return False
    pile = piles().filter(pk=item.pile_id).first()
    if pile is None:
        _end(item, ItemState.SKIPPED, _("The terminal stands elsewhere now."))
        return True
    item.pile = pile
    try:
        with transaction.atomic():
            kind.start(item, _asker(row))
    except Refused as refused:
        if refused.code in UNREACHABLE and not _patience_is_over(row):
            return False
        _end(item, ItemState.SKIPPED, str(refused.message))
        return True
    item.state = move(ITEM, ItemState(item.state), ItemState.RUNNING)
    item.started_at = clock.now()
    item.deadline = item.started_at + timedelta(seconds=kind.within_s)
    item.save()
    return True


def _fail(item_id: int) -> bool:
    """End a pile that we made a mistake about, or it would be tried for ever."""
    with transaction.atomic():
        item = _lock_item(item_id, *ITEM_OPEN)
        if item is None:
            return False
        _end(item, ItemState.FAILED, _("Something went wrong here. It is in the log."))
    return True


def _end(item: CampaignPile, state: ItemState, result: str) -> None:
    item.state = move(ITEM, ItemState(item.state), state)
    item.result, item.ended_at = result[:300], clock.now()
    item.save(update_fields=["state", "result", "ended_at", "command", "data"])


def _turn(row: Campaign, state: CampaignState, actor: Actor, deed: str, reason: str) -> Campaign:
    """Change the state of a locked campaign."""
    if state not in CAMPAIGN[row.state]:
        raise Refused(_("It has ended."), code="not_now")
    before = audit.snapshot(row)
    row.state = move(CAMPAIGN, CampaignState(row.state), state)
    row.save()
    audit.record(actor, deed, row, before=before, after=audit.snapshot(row), reason=reason)
    _tell(row)
    return row


def _asker(campaign: Campaign) -> Actor:
    return Actor(campaign.actor_ref, campaign.actor_label)


def _patience_is_over(row: Campaign) -> bool:
    return clock.now() >= row.wave_began_at + timedelta(seconds=row.patience_s)


def _is_late(item: CampaignPile) -> bool:
    return item.deadline is not None and clock.now() >= item.deadline


def _lock(campaign: Campaign) -> Campaign:
    return locks.locked(Campaign.objects.filter(pk=campaign.pk)).get()


def _lock_item(item_id: int, *states: ItemState) -> CampaignPile | None:
    rows = CampaignPile.objects.filter(pk=item_id, state__in=states)
    return locks.locked(rows).select_related("campaign", "command").first()


def _tell(campaign: Campaign) -> None:
    live.publish("campaigns", f"campaign:{campaign.pk}", campaign.path)
