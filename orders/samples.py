"""Sample sessions of the tariff editor, billed by the engine that bills charges."""

from __future__ import annotations

from datetime import timedelta

from backoffice.kit.money import Money
from orders.meter import Reading
from orders.pricing import price
from stations.samples import Sample, SampleBill
from stations.slots import Band
from stations.tariff import TariffSnapshot


def price_sample(sample: Sample, tariff: TariffSnapshot) -> SampleBill:
    """The bill of a session that does not stand still and has no discount."""
    end = sample.start + timedelta(hours=1) * sample.wh / sample.power_w
    bill = price([Reading(sample.start, 0), Reading(end, sample.wh)], tariff)
    parts = []
    for band in Band:
        amounts = [line.amount for line in bill.lines if line.band is band]
        if amounts:
            parts.append((band, bill.wh_in(band), Money.total(amounts, bill.currency)))
    return SampleBill(end, bill.payable, tuple(parts))
