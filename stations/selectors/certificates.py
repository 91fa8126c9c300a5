"""Reads about certificates of piles, those who sign them, and what piles said about theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery, Sum

from backoffice.kit import clock
from backoffice.kit.levels import Level
from backoffice.kit.scope import unscoped
from stations import pki
from stations.models import (
    Certificate,
    CertificateAuthority,
    Command,
    EventSource,
    Life,
    Pile,
    SecurityEvent,
    SecurityUpgrade,
    SigningRequest,
    UpgradeState,
)
from stations.selectors.settings import setting_of
from tenants.selectors import lineage

RENEWED_BEFORE = timedelta(days=30)
"""A pile is asked to renew so long before its certificate ends (white paper A03)."""

MOST_KNOCKED = 500
CHAIN_SIZE_KEY = "CertificateSignedMaxChainSize"
ROOT_USES = ("CentralSystemRootCertificate", "ManufacturerRootCertificate")


def authorities() -> QuerySet[CertificateAuthority]:
    """Of the scope; a retired one signs nothing any more, and what it signed stays valid."""
    return CertificateAuthority.objects.all()


def authority_roots() -> str:
    """The certificates of every authority of ours, as PEM: what piles of profile 3 are trusted by."""
    return "".join(authorities().order_by("pk").values_list("certificate", flat=True))


def certificates_of(pile_id: int) -> QuerySet[Certificate]:
    """What was signed for one pile, the newest first."""
    rows = Certificate.objects.select_related("authority").filter(pile=pile_id)
    return rows.order_by("-created_at", "-pk")


def certificate_list() -> QuerySet[Certificate]:
    """What was signed for piles of the scope."""
    return Certificate.objects.all()


def certificate_of(pile: Pile) -> Certificate | None:
    """The one that a pile has in use: of those that it took and nobody revoked, the newest."""
    return (
        Certificate.objects.filter(pile=pile, installed_at__isnull=False, revoked_at__isnull=True)
        .order_by("-installed_at", "-pk")
        .first()
    )


def expiring_certificates(before: datetime) -> QuerySet[Certificate]:
    """Those that piles in service have in use and that end before then."""
    newest = Certificate.objects.filter(
        pile=OuterRef("pile"), installed_at__isnull=False, revoked_at__isnull=True
    ).order_by("-installed_at", "-pk")
    return (
        Certificate.objects.filter(
            not_after__lt=before,
            installed_at__isnull=False,
            revoked_at__isnull=True,
            pk=Subquery(newest.values("pk")[:1]),
        )
        .exclude(pile__life=Life.RETIRED)
        .select_related("pile")
        .order_by("not_after", "pk")
    )


def signings_of(pile_id: int) -> QuerySet[SigningRequest]:
    """What a pile asked to be signed, the newest first."""
    return SigningRequest.objects.filter(pile=pile_id).order_by("-received_at", "-pk")


def upgrades_of(pile_id: int) -> QuerySet[SecurityUpgrade]:
    """The newest first."""
    return SecurityUpgrade.objects.filter(pile=pile_id).order_by("-created_at", "-pk")


def running_upgrade(pile_id: int) -> SecurityUpgrade | None:
    over = [UpgradeState.DONE, UpgradeState.FAILED, UpgradeState.CANCELLED]
    return upgrades_of(pile_id).exclude(state__in=over).first()


def security_events() -> QuerySet[SecurityEvent]:
    """Of the scope."""
    return SecurityEvent.objects.all()


def security_events_of(pile_id: int) -> QuerySet[SecurityEvent]:
    """The newest first."""
    return SecurityEvent.objects.filter(pile=pile_id).order_by("-last_at", "-pk")


def piles_knocked_at(since: datetime, *, at_least: int) -> list[tuple[Pile, int]]:
    """Piles in whose name handshakes were refused so often since then, and how often."""
    found = (
        SecurityEvent.objects.filter(source=EventSource.CENTRAL, pile__isnull=False, last_at__gte=since)
        .exclude(pile__life=Life.RETIRED)
        .values_list("pile")
        .annotate(attempts=Sum("count"))
        .filter(attempts__gte=at_least)
        .order_by("pile")
    )
    attempts = dict(found[:MOST_KNOCKED])
    return [(pile, attempts[pile.pk]) for pile in Pile.objects.filter(pk__in=attempts).order_by("pk")]


def serial_of(pile: Pile) -> str:
    """What the CN of its certificate must be: the serial that staff entered, else what it says of itself."""
    return (pile.serial or pile.reported_serial).strip()


def cpo_name_of(tenant_id: int) -> str:
    """What piles of a tenant are told as the name of their operator, and what stands as O in their certificates."""
    chain = lineage(tenant_id)
    operator = next((one for one in chain if one.level is Level.OPERATOR), chain[-1])
    return operator.name[: pki.LONGEST_NAME]


def is_serial_shared(pile: Pile, serial: str) -> bool:
    """Whether another pile, of whatever tenant, has this serial: then it names nobody (A00.FR.511)."""
    with unscoped(reason="serials must be unique for a certificate to name a pile"):
        others = Pile.objects.exclude(pk=pile.pk).exclude(life=Life.RETIRED)
        return others.filter(serial=serial).exists()


def chain_limit(pile_id: int) -> int:
    """How many characters of certificates it takes in one CertificateSigned."""
    known = setting_of(pile_id, CHAIN_SIZE_KEY)
    said = (known.value or "").strip() if known is not None else ""
    limit = int(said) if said.isascii() and said.isdigit() else pki.LONGEST_CHAIN
    return min(limit or pki.LONGEST_CHAIN, pki.LONGEST_CHAIN)


def installed_roots(pile_id: int) -> dict[str, tuple[datetime, list[dict[str, Any]]]]:
    """By use, when the pile last told what it has installed, and what: its ``certificateHashData``."""
    found: dict[str, tuple[datetime, list[dict[str, Any]]]] = {}
    asked = Command.objects.filter(
        pile=pile_id, action="GetInstalledCertificateIds", state__in=["accepted", "rejected"]
    ).order_by("-created_at")[:20]
    for command in asked:
        use = str(command.payload.get("certificateType", ""))
        if use not in found and command.answered_at is not None:
            found[use] = (command.answered_at, roots_in(command))
    return found


def roots_in(asked: Command) -> list[dict[str, Any]]:
    """What a pile said that it has installed: its ``certificateHashData``, whatever else stands between them."""
    data = asked.answer.get("certificateHashData")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def gateway_roots() -> list[str]:
    """What signed the certificates of our gateways: each as PEM. Empty where the house does not know."""
    if not settings.OCPP_TLS_ROOTS:
        return []
    try:
        return pki.certificates_in(Path(settings.OCPP_TLS_ROOTS).read_text())
    except (OSError, pki.BadCertificate):
        return []


def served_profiles() -> list[int]:
    """The security profiles that a port of ours speaks."""
    wanted = {
        2: settings.OCPP_TLS_PORT or settings.OCPP_TLS_URL,
        3: settings.OCPP_MTLS_PORT or settings.OCPP_MTLS_URL,
    }
    return [0, 1, *(profile for profile, served in wanted.items() if served)]


def soon() -> datetime:
    """Until when a certificate must at least be good not to be renewed now."""
    return clock.now() + RENEWED_BEFORE
