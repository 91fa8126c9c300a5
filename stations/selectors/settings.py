"""Settings of piles as they were last reported, what they are wanted to be, and where both differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from stations.configuration import most_members_key
from stations.models import (
    ConfigurationKey,
    ConfigurationTemplate,
    DriftState,
    Pile,
    PileModel,
    Registration,
    TemplateKey,
)
from tenants.selectors import standings, subtree_ids

DRIFTED = (DriftState.DIFFERS, DriftState.READONLY, DriftState.MISSING)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one setting of a pile is to be. ``key`` as the template spells it."""

    key: str
    value: str
    after_boot: bool


def wanted_of(piles: Iterable[Pile]) -> dict[int, dict[str, Wanted]]:
    """What is wanted of each pile, by the folded name of the key; the template nearest to the pile wins."""
    piles = list(piles)
    standing = standings({pile.tenant_id for pile in piles})
    rows = TemplateKey.objects.filter(
        template__model__in={pile.model_id for pile in piles if pile.model_id is not None}
    ).values_list("template__model", "tenant", "key", "value", "after_boot")
    by_template: dict[tuple[int, int], dict[str, Wanted]] = {}
    for model, tenant, key, value, after_boot in rows:
        by_template.setdefault((model, tenant), {})[key.casefold()] = Wanted(key, value, after_boot)
    merged: dict[tuple[int | None, int], dict[str, Wanted]] = {}
    for pile in piles:
        place = (pile.model_id, pile.tenant_id)
        if place not in merged:
            layers = (
                by_template.get((pile.model_id or 0, tenant), {})
                for tenant in standing[pile.tenant_id].path.ids
            )
            merged[place] = {folded: one for layer in layers for folded, one in layer.items()}
    return {pile.pk: merged[pile.model_id, pile.tenant_id] for pile in piles}


def settings_of(pile_id: int) -> QuerySet[ConfigurationKey]:
    """What is known of the settings of one pile, by name."""
    return ConfigurationKey.objects.filter(pile=pile_id).order_by("key", "pk")


def setting_of(pile_id: int, key: str) -> ConfigurationKey | None:
    """One of them, however its name is written."""
    return settings_of(pile_id).filter(key__iexact=key.strip()).first()


def most_members(pile_id: int, key: str) -> int | None:
    """How many members a list may have, as far as the pile said (OCPP 1.6 §9)."""
    found = setting_of(pile_id, most_members_key(key))
    text = (found.value or "").strip() if found is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def drift_list() -> QuerySet[ConfigurationKey]:
    """Settings that are wanted to be something."""
    return ConfigurationKey.objects.filter(wanted__isnull=False)


def drifted_piles() -> QuerySet[ConfigurationKey, Any]:
    """Piles of which a setting is known to be something else than it is wanted to be."""
    return ConfigurationKey.objects.filter(drift__in=DRIFTED).values("pile")


def unread_piles() -> QuerySet[ConfigurationKey, Any]:
    """Piles of which a wanted setting was never read."""
    return ConfigurationKey.objects.filter(drift=DriftState.UNKNOWN).values("pile")


def templates() -> QuerySet[ConfigurationTemplate]:
    """Templates of the scope and of those above it."""
    return ConfigurationTemplate.objects.select_related("tenant", "model")


def template_list() -> QuerySet[ConfigurationTemplate]:
    """With ``key_count`` and, of the piles of the scope that it counts for, ``pile_count`` and ``drift_count``."""
    keys = TemplateKey.objects.filter(template=OuterRef("pk"))
    here = Pile.objects.filter(_below("tenant", OuterRef), model=OuterRef("model"))
    # A pile may be of several templates: only what this one wants of it counts here.
    named = TemplateKey.objects.filter(
        template=OuterRef(OuterRef("pk")), key=OuterRef("key"), value=OuterRef("wanted")
    )
    off = ConfigurationKey.objects.filter(
        _below("tenant", OuterRef), Exists(named), pile__model=OuterRef("model"), drift__in=DRIFTED
    )
    return ConfigurationTemplate.objects.annotate(
        key_count=_count(keys), pile_count=_count(here), drift_count=_count(off)
    )


def template_keys(template: ConfigurationTemplate) -> QuerySet[TemplateKey]:
    """What a template wants, by name, with how many piles of the scope are ``same``, ``off`` and ``unread``."""
    here = ConfigurationKey.objects.filter(
        tenant__in=subtree_ids(template.tenant_id),
        pile__model=template.model_id,
        key=OuterRef("key"),
        wanted=OuterRef("value"),
    )
    return (
        TemplateKey.objects.filter(template=template)
        .annotate(
            same=_count(here.filter(drift=DriftState.SAME)),
            off=_count(here.filter(drift__in=DRIFTED)),
            unread=_count(here.filter(drift=DriftState.UNKNOWN)),
        )
        .order_by("key", "pk")
    )


def own_templates() -> QuerySet[ConfigurationTemplate]:
    """Templates that may be changed here: without those of tenants above."""
    return ConfigurationTemplate.objects.all().writable().select_related("tenant", "model")


def own_template_keys() -> QuerySet[TemplateKey]:
    """Single settings of those."""
    return TemplateKey.objects.all().writable().select_related("template__model", "tenant")


def piles_of_model(model: PileModel | int) -> QuerySet[Pile]:
    """Piles of a product, in the order of their keys."""
    return Pile.objects.filter(model=model).order_by("pk")


def piles_of_template(template: ConfigurationTemplate) -> QuerySet[Pile]:
    """The piles of its model that it counts for: those of its tenant and of everybody below."""
    return piles_of_model(template.model_id).filter(tenant__in=subtree_ids(template.tenant_id))


def to_be_read_again() -> QuerySet[ConfigurationKey]:
    """Settings that changed, of piles that can be asked."""
    return _of_reachable(ConfigurationKey.objects.filter(read_again=True)).order_by("pile", "pk")


def unread_since_boot() -> QuerySet[ConfigurationKey]:
    """Settings to be looked at after each boot, of piles that booted since they were."""
    rows = _of_reachable(ConfigurationKey.objects.filter(after_boot=True))
    return rows.filter(Q(boot_read_at__isnull=True) | Q(boot_read_at__lt=F("pile__booted_at")))


def unset_since_boot() -> QuerySet[ConfigurationKey]:
    """Those of them that were read since and differ, and that were not set since that boot."""
    rows = _of_reachable(ConfigurationKey.objects.filter(after_boot=True, drift=DriftState.DIFFERS))
    return rows.filter(
        Q(boot_set_at__isnull=True) | Q(boot_set_at__lt=F("pile__booted_at")),
        boot_read_at__gte=F("pile__booted_at"),
        seen_at__gte=F("boot_read_at"),
    ).order_by("pile", "pk")


def _of_reachable(rows: QuerySet[ConfigurationKey]) -> QuerySet[ConfigurationKey]:
    return rows.filter(pile__online=True, pile__registration=Registration.ACCEPTED)


def _count(rows: QuerySet[TemplateKey] | QuerySet[Pile] | QuerySet[ConfigurationKey]) -> Coalesce:
    counted = rows.order_by().values(one=Value(1)).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def _below(owner: str, outer: Callable[[str], Any]) -> Q:
    """That a row's owner is the tenant of the row outside, or stands below it."""
    return Q(
        **{
            f"{owner}__tree_id": outer("tenant__tree_id"),
            f"{owner}__lft__gte": outer("tenant__lft"),
            f"{owner}__rght__lte": outer("tenant__rght"),
        }
    )
