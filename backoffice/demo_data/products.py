"""Six models of piles, and how three hundred of them are spread over the stations.

Together they have five hundred connectors. The mix is drawn with the seed, the sums are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from backoffice.demo_data.sites import Site
from stations.models import Kind


@dataclass(frozen=True, slots=True)
class Product:
    """A model to be. ``rated_kw`` is the whole pile's, ``count`` how many of it there are."""

    name: str
    kind: Kind
    connectors: int
    connector_type: str
    rated_kw: Decimal
    count: int

    @property
    def is_direct(self) -> bool:
        return self.kind is Kind.DC


VENDOR = "Hanglu"

PRODUCTS = (
    Product("HL-AC7", Kind.AC, 1, "GB/T 20234.2", Decimal(7), 60),
    Product("HL-AC22D", Kind.AC, 2, "Type 2", Decimal(22), 60),
    Product("HL-DC60", Kind.DC, 1, "GB/T 20234.3", Decimal(60), 60),
    Product("HL-DC120D", Kind.DC, 2, "GB/T 20234.3", Decimal(120), 80),
    Product("HL-DC180D", Kind.DC, 2, "CCS 2", Decimal(180), 30),
    Product("HL-DC480Q", Kind.DC, 4, "GB/T 20234.3", Decimal(480), 10),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A pile to be: where, which model, and what it is called there."""

    site: Site
    product: Product
    identity: str
    name: str


def place(sites: Sequence[Site], chance: Random) -> list[Placed]:
    """Every pile at its station; the biggest ones at the busiest stations."""
    spots = [site for site in sites for _ in range(site.size)]
    by_pull = sorted(range(len(spots)), key=lambda at: (-spots[at].pull * chance.uniform(0.6, 1.4), at))
    products: list[Product] = []
    for product in sorted(PRODUCTS, key=lambda product: -product.rated_kw):
        products += [product] * product.count
    chosen = dict(zip(by_pull, products, strict=False))
    placed: list[Placed] = []
    numbers: dict[str, int] = {}
    for at, site in enumerate(spots):
        number = numbers[site.code] = numbers.get(site.code, 0) + 1
        product = chosen[at]
        name = f"{site.code} {number:02d}"
        placed.append(Placed(site, product, f"{site.code.replace('-', '')}{number:03d}", name))
    return placed
