"""What a bulk action asks of each terminal, in words. Where there are none its parameters are shown as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _, pgettext

from backoffice.kit import cells, clock
from backoffice.kit.frame import Words
from stations import pki
from stations.certificate_words import name_words
from stations.forms.security import USES
from stations.models import Campaign, UploadKind
from stations.selectors import firmware_list
from stations.services import file_campaigns, root_campaigns

Wish = list[tuple[Words, Words]]


def wish_words(campaign: Campaign) -> Wish:
    """Lines of (label, value); none for kinds without words."""
    params: Mapping[str, Any] = campaign.params
    if campaign.kind in {file_campaigns.UPDATE.name, file_campaigns.SIGNED.name}:
        return _update(params, is_signed=campaign.kind == file_campaigns.SIGNED.name)
    if campaign.kind in {file_campaigns.DIAGNOSTICS.name, file_campaigns.LOG.name}:
        return _log(params)
    if campaign.kind in {kind.name for kind in root_campaigns.KINDS}:
        return _root(params)
    return []


def _update(params: Mapping[str, Any], *, is_signed: bool) -> Wish:
    row = firmware_list().filter(pk=params["firmware"]).first()
    name = row.version if row is not None else params.get("version", "–")
    idle = _("Yes") if params.get("only_idle") else _("No")
    return [
        (_("Firmware"), name),
        (_("Signed"), _("Yes") if is_signed else _("No")),
        (_("Only while no vehicle charges"), idle),
        (_("Fetched from"), _moment(params.get("retrieve_at")) or _("at once")),
    ]


def _log(params: Mapping[str, Any]) -> Wish:
    kind = dict(UploadKind.choices).get(params.get("kind", ""), params.get("kind", "–"))
    ends = [_moment(params.get(name)) or "–" for name in ("since", "until")]
    span = format_html("{} – {}", *ends) if ends != ["–", "–"] else _("all that it has")
    return [(_("Log"), kind), (pgettext("of a log", "Span"), span)]


def _root(params: Mapping[str, Any]) -> Wish:
    """A certificate by what tells it from others; its text says nothing to anybody."""
    try:
        root = pki.facts_of(str(params.get("certificate", "")))
    except pki.BadCertificate:
        return []
    return [
        (_("Certificate"), name_words(root.subject)),
        (_("Valid until"), cells.when(root.not_after)),
        (_("Fingerprint"), format_html("<code>{}</code>", root.fingerprint)),
        (pgettext("certificate", "What for"), USES.get(str(params.get("use", "")), "–")),
    ]


def _moment(text: Any) -> Words:
    return cells.when(clock.parse(text)) if text else ""
