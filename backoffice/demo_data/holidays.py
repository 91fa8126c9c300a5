"""Calendars of the demonstration: public holidays at one dealer, handed down, and those of two operators of their own."""

from __future__ import annotations

from collections.abc import Mapping

from backoffice.kit.actor import Actor
from tenants.models import Tenant
from tenants.services import calendar

EACH_YEAR = {
    "JIANGNAN": """
{year}-01-01 元旦 New Year
{year}-05-01 .. {year}-05-03 劳动节 Labour Day
{year}-10-01 .. {year}-10-07 国庆节 National Day
""",
    "QILIN": "{year}-11-18 麒麟日 Qilin Day",
    "RHINE": """
{year}-01-01 Neujahr
{year}-05-01 Tag der Arbeit
{year}-10-03 Tag der Deutschen Einheit
{year}-12-25 .. {year}-12-26 Weihnachten
""",
}
BY_THE_MOON = """
2026-02-16 .. 2026-02-22 春节 Spring Festival
2026-04-05 清明节 Qingming
2026-06-19 端午节 Dragon Boat Festival
2026-09-25 中秋节 Mid-Autumn Festival
2027-02-05 .. 2027-02-11 春节 Spring Festival
2027-04-05 清明节 Qingming
2027-06-09 端午节 Dragon Boat Festival
2027-09-15 中秋节 Mid-Autumn Festival
"""


def set_up_calendars(tenants: Mapping[str, Tenant], year: int, *, actor: Actor) -> None:
    """Write them for a year and the one after it. Needs a lifted scope."""
    for code, lines in EACH_YEAR.items():
        text = lines.format(year=year) + "\n" + lines.format(year=year + 1)
        if code == "JIANGNAN":
            text += BY_THE_MOON
        calendar.put_days(tenants[code], calendar.read_days(text), actor=actor)
