"""Alarms that are live as something to find, by their code."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from alarms.catalogue import CATALOGUE
from alarms.models import LIVE, Alarm
from alarms.permissions import AlarmPerm
from alarms.wording import title_of
from backoffice.kit.search import SHOWN, Hit, Provider
from backoffice.kit.staff import Reader


def find_alarms(words: str, _reader: Reader) -> Iterator[Hit]:
    """The latest live ones of this code."""
    code = words.upper()
    if code not in CATALOGUE:
        return
    rows = Alarm.objects.filter(LIVE, code=code).select_related("station", "pile")
    for row in rows.order_by("-last_seen_at", "-pk")[:SHOWN]:
        where = " · ".join(one.name for one in (row.station, row.pile) if one is not None)
        yield Hit(
            title_of(code), reverse(f"alarms:{row.alarm_class}", args=[row.pk]), f"{code} · {where}", "alarm"
        )


ALARMS = Provider(
    name="alarms", label=_("Alarms"), find=find_alarms, perm=AlarmPerm.VIEW, order=28, model=Alarm, by="code"
)
