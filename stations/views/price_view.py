"""What a version of a tariff costs, for reading: its days, a week of them, the reason of one, sample sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from backoffice.kit import clock, figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.money import Money
from stations import hooks, selectors
from stations.daytypes import claims
from stations.forms.days import BAND_WORDS
from stations.samples import Sample
from stations.services.tariffs import BANDS, FEES
from stations.slots import HALF_HOURS_A_DAY, half_hours, merge, parse_codes
from stations.version_words import claim_words, day_text, days_words, run_words
from tenants.selectors import locality_of

EVENING = time(18)
UNBROKEN = "\N{WORD JOINER}\N{EN DASH}\N{WORD JOINER}"
"""Between two hours of one span, which stay in one line where no space parts the spans."""


@dataclass(frozen=True, slots=True)
class Look:
    """The day and the time of it that is looked at, by the clock of the tariff's owner."""

    day: date
    time: time
    zone: ZoneInfo
    holidays: dict[date, str]

    @classmethod
    def of(cls, version, form):
        """What the form asks for; else today, or the first day of a version that is to come."""
        zone = ZoneInfo(locality_of(version.tenant_id).timezone)
        begins = max(version.valid_from, clock.now()).astimezone(zone).date()
        day = form.value_of("day") or begins
        week = day - timedelta(days=day.weekday())
        holidays = selectors.holidays_of(version, week, week + timedelta(days=6))
        return cls(day, form.value_of("time") or EVENING, zone, holidays)

    @property
    def moment(self):
        return datetime.combine(self.day, self.time, self.zone)

    @property
    def week(self):
        """Monday to Sunday around the day."""
        monday = self.day - timedelta(days=self.day.weekday())
        return [monday + timedelta(days=number) for number in range(7)]

    @property
    def earlier(self):
        return self.day - timedelta(days=7)

    @property
    def later(self):
        return self.day + timedelta(days=7)


def strip_of(codes):
    """A day as its bands, in colours and in words."""
    return {"bands": [BANDS[code] for code in codes], "words": run_words(codes)}


def reading_of(version):
    """A version for reading: its day types, its prices, what standing costs."""
    codes, types = parse_codes(version.codes), selectors.types_of(version)
    days = [{"name": _("Usual day"), "when": "", "strip": strip_of(codes)}]
    days += [{"name": one.name, "when": days_words(one), "strip": strip_of(one.codes)} for one in types]
    return {
        "row": version,
        "days": days,
        "prices": [_price(version, band, codes) for band in selectors.used_bands(version.codes, types)],
        "standing": standing_of(version),
    }


def _price(version, band, codes):
    return {
        "band": BANDS[band],
        "word": BAND_WORDS[band],
        "times": enumerated(run.text.replace("-", UNBROKEN) for run in merge(codes) if run.band == band)
        or "–",
        "fees": [getattr(version, f"{BANDS[band]}_{fee}") for fee in FEES],
        "total": selectors.price_of(version, band),
    }


def standing_of(version):
    """What standing after a charge costs, and what is set aside before one."""

    def money(amount):
        text = figures.money_text(Money(amount, version.tariff.currency)) if amount is not None else ""
        return text or _("no limit")

    if not version.idle_per_minute:
        fee = _("Standing after charging costs nothing.")
    else:
        fee = _("Standing costs %(fee)s per minute after %(grace)s min, at most %(cap)s.") % {
            "fee": money(version.idle_per_minute),
            "grace": version.idle_grace_min,
            "cap": money(version.idle_cap),
        }
    sentences = [fee]
    if version.idle_per_minute and version.idle_free:
        hours = enumerated("–".join(window) for window in version.idle_free)
        sentences.append(_("It is free from %(hours)s.") % {"hours": hours})
    if version.min_hold:
        held = _("At least %(amount)s is set aside before a charge.")
        sentences.append(held % {"amount": money(version.min_hold)})
    return sentences


def week_of(version, look):
    """Seven days with the type that counts on each, by the rule that prices charges."""
    calendar = selectors.version_calendar(version, look.holidays)
    types = selectors.types_of(version)
    begins = version.valid_from.astimezone(look.zone).date()
    ends = version.valid_to.astimezone(look.zone).date() if version.valid_to else date.max
    return [
        {
            "day": day,
            "label": day_text(day),
            "type": next((one.name for one in claims(types, day, look.holidays)), _("Usual day")),
            "holiday": look.holidays.get(day, ""),
            "strip": strip_of(calendar.codes_on(day)),
            "current": day == look.day,
            "outside": not begins <= day <= ends,
            "clocks": clock_change_words(day, look.zone),
        }
        for day in look.week
    ]


def clock_change_words(day, zone):
    """That a day is longer or shorter than others; empty where it is not."""
    count = len(half_hours(day, zone))
    if count == HALF_HOURS_A_DAY:
        return ""
    hours = figures.number_text(count / 2, 0 if count % 2 == 0 else 1)
    if count > HALF_HOURS_A_DAY:
        return _("Clocks go back: %(hours)s h, the repeated time has its price twice.") % {"hours": hours}
    return _("Clocks go forward: %(hours)s h, the skipped time has no price.") % {"hours": hours}


def why_of(version, look):
    """What the moment costs, and the reason."""
    tariff = selectors.snapshot_of(version, look.zone.key, at=look.moment)
    band = tariff.band_at(look.moment)
    claimed = claims(selectors.types_of(version), look.moment.astimezone(look.zone).date(), look.holidays)
    return {
        "band": BANDS[band],
        "word": BAND_WORDS[band],
        "price": tariff.prices[band].total,
        "reason": claim_words(look.day, claimed, look.holidays.get(look.day, "")),
    }


def samples_of(version, before, look, form):
    """Three sessions by the version before it and by this one, and the difference."""
    now = selectors.snapshot_of(version, look.zone.key, at=look.moment)
    then = selectors.snapshot_of(before, look.zone.key, at=look.moment) if before is not None else None
    found = []
    for kwh, at in form.samples():
        start = datetime.combine(look.day, at, look.zone)
        sample = Sample(start, int(kwh * 1000), form.power_w())
        bill = hooks.price_sample(sample, now)
        old = hooks.price_sample(sample, then).total if then is not None else None
        found.append(
            {
                "kwh": kwh,
                "from": at,
                "to": bill.ended_at.astimezone(look.zone),
                "before": old,
                "after": bill.total,
                "change": bill.total - old
                if old is not None and old.currency == bill.total.currency
                else None,
                "parts": [(BANDS[band], BAND_WORDS[band], wh) for band, wh, _amount in bill.parts],
            }
        )
    return found
