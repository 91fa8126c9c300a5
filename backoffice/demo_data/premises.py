"""What the stations of the demonstration look like: hours, facilities, pictures, work to come; and where piles came from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile

from backoffice.demo_data.companies import SHOWN
from backoffice.demo_data.scenery import scene
from backoffice.demo_data.sites import Site
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Path
from backoffice.kit.scope import path_of_tenant
from stations.hours import WEEK_DAYS, WHOLE_DAY, Hours, parse_ranges
from stations.models import Custody, CustodyKind, Pile, Station
from stations.services import maintenance, photos
from tenants.selectors import locality_of

MADE_BEFORE, HANDED_BEFORE = timedelta(days=60), timedelta(days=40)
STEP = timedelta(days=8)
WARRANTY, SIM = timedelta(days=3 * 365), timedelta(days=365)
PICTURES = (("Entrance", 0), ("Chargers", 1))

LONG, SHORT = parse_ranges("06:00-24:00"), parse_ranges("08:00-20:00")
HOURS = (
    Hours((WHOLE_DAY,) * WEEK_DAYS),
    Hours((LONG,) * WEEK_DAYS),
    Hours((*(LONG,) * 5, *(SHORT,) * 2)),
    Hours((WHOLE_DAY,) * WEEK_DAYS),
)
FACILITIES = (
    ["toilet", "roof", "lighting", "wifi", "food"],
    ["lighting", "barrier", "cameras"],
    ["toilet", "shop", "lounge", "wifi", "step_free"],
    ["trucks", "lighting", "tyres"],
)
PARKING = ("Two hours free while charging.", "Free for vehicles that charge.", "Charged by the car park.", "")


def profile_of(site: Site, number: int) -> dict[str, Any]:
    """What staff typed of a station: every one its own, and the same in every demonstration."""
    kind = number % len(FACILITIES)
    return {
        "hours": HOURS[kind].to_json(),
        "facilities": FACILITIES[kind],
        "parking": PARKING[kind],
        "height_limit_m": Decimal("2.20") if kind == 1 else None,
        "opened_on": clock.now().date() + timedelta(days=11 * number),
        "power_limit_kw": Decimal(60 * site.size),
    }


def dates_of(installed: datetime, number: int) -> dict[str, Any]:
    """When the warranty of a pile ends, and its SIM card expires; of some of them soon."""
    return {
        "warranty_until": (installed + WARRANTY - timedelta(days=9 * (number % 40))).date(),
        "sim_expires_on": (installed + SIM - timedelta(days=5 * (number % 40))).date(),
    }


def tell_custody(piles: list[Pile], *, actor: Actor) -> None:
    """From the manufacturer down to whoever has them, with the path of each step."""
    installed = clock.now()
    rows: list[Custody] = []
    for tenant_id, group in groupby(piles, key=lambda pile: pile.tenant_id):
        path = path_of_tenant(tenant_id)
        for pile in group:
            rows += _chain(pile, path, installed, actor)
    Custody.objects.bulk_create(rows, batch_size=1000)


def _chain(pile: Pile, path: Path, installed: datetime, actor: Actor) -> list[Custody]:
    ids = path.ids
    links: list[tuple[CustodyKind, int | None, Sequence[int], datetime]] = [
        (CustodyKind.MADE, None, ids[:1], installed - MADE_BEFORE)
    ]
    for depth in range(1, len(ids)):
        at = installed - HANDED_BEFORE + depth * STEP
        links.append((CustodyKind.HANDED, ids[depth - 1], ids[: depth + 1], at))
    links += [(kind, None, ids, installed) for kind in (CustodyKind.INSTALLED, CustodyKind.IN_SERVICE)]
    return [
        Custody(
            **Path.of(list(had_by)).as_columns(),
            pile=pile,
            at=at,
            kind=kind,
            from_tenant_id=source,
            to_tenant_id=had_by[-1],
            place=pile.station.name if len(had_by) == len(ids) else "",
            actor_ref=actor.ref,
            actor_label=actor.label,
        )
        for kind, source, had_by, at in links
    ]


def furnish(stations: dict[str, Station], sites: tuple[Site, ...], chance: Random, *, actor: Actor) -> None:
    """Pictures of the stations that are shown first, and work that is planned for one of them."""
    shown = [stations[site.code] for site in sites if site.owner == SHOWN[-1]]
    for number, station in enumerate(shown[:3]):
        uploads = []
        for caption, view in PICTURES:
            upload = ContentFile(scene(chance.randrange(3, 7), hue=number, view=view), f"{caption}.png")
            uploads.append(upload)
        photos.add_photos(station, uploads=uploads, actor=actor)
    station = shown[-1]
    zone = ZoneInfo(station.timezone or locality_of(station.tenant_id).timezone)
    night = datetime.combine(clock.now().astimezone(zone).date() + timedelta(days=1), time(2), zone)
    maintenance.plan_maintenance(
        station,
        starts_at=night,
        ends_at=night + timedelta(hours=3),
        reason="Transformer inspection",
        actor=actor,
    )
