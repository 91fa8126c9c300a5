"""What stands there before anything happens: companies, staff, stations, piles, prices, drivers.

As of the time at which it would have been set up. What there is little of goes through the rooms'
services, what there is much of is written in bulk as they would write it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile

from backoffice.demo_data import dossiers, keys, premises
from backoffice.demo_data.companies import COMPANIES, DOMAIN, SHOWN, STAFF, email_of, operators
from backoffice.demo_data.holidays import set_up_calendars
from backoffice.demo_data.people import MOST, Person, people
from backoffice.demo_data.prices import PRICES, Price, Rates
from backoffice.demo_data.products import PRODUCTS, VENDOR, Placed, place
from backoffice.demo_data.sites import SITES, Site
from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role
from drivers.models import Card, Driver
from drivers.tags import fold_tag
from finance.entries import accounts_of
from finance.ledger import open_accounts
from finance.models import PaymentChannel, Wallet
from finance.services.channels import connect_sandbox
from stations.credentials import seal
from stations.keys import set_key
from stations.models import Connector, Pile, PileModel, QrToken, Station, StationStatus, Tariff
from stations.profiles import rounded_down
from stations.services import devices, loads, sites, tariffs
from stations.tokens import new_token
from tenants.models import Membership, PaperKind, Tenant, User
from tenants.selectors import locality_of
from tenants.services import papers, tree

ACTOR = Actor("command:seed_demo", "Demonstration 演示数据")
MAINS_KW = Decimal(200)
PLANNED_AHEAD = timedelta(days=6)
FOUNDED, BUILT, INSTALLED = timedelta(days=720), timedelta(days=540), timedelta(days=160)


@dataclass(frozen=True, slots=True)
class Customer:
    """A driver with wallet and card."""

    person: Person
    driver: Driver
    wallet: Wallet
    card: Card | None


@dataclass(slots=True)
class Masters:
    """Everything that was set up, by its codes."""

    now: datetime
    tenants: dict[str, Tenant] = field(default_factory=dict)
    stations: dict[str, Station] = field(default_factory=dict)
    piles: list[Pile] = field(default_factory=list)
    placed: dict[str, Placed] = field(default_factory=dict)
    connectors: list[Connector] = field(default_factory=list)
    channels: dict[str, PaymentChannel] = field(default_factory=dict)
    customers: dict[str, list[Customer]] = field(default_factory=dict)
    changes: list[datetime] = field(default_factory=list)
    """When any price changes."""

    def operator_of(self, site: Site) -> str:
        """The code of the operator that runs a site."""
        company = next(one for one in COMPANIES if one.code == site.owner)
        return company.code if company.level is Level.OPERATOR else company.parent


def set_up(now: datetime, secret: str, chance: Random, *, drivers: float = 1.0) -> Masters:
    """Write it all. Needs a lifted scope. ``drivers``: the share of the usual number of drivers."""
    made = Masters(now)
    with clock.frozen(now - FOUNDED):
        _companies(made)
        set_up_calendars(made.tenants, now.year, actor=ACTOR)
        _staff(made, secret)
        models = _models(made)
    with clock.frozen(now - BUILT):
        for number, site in enumerate(SITES):
            made.stations[site.code] = _station(made, site, number)
    for price in PRICES:
        _price(made, price)
    with clock.frozen(now - INSTALLED):
        _piles(made, place(SITES, chance), models, secret)
        _load_group(made)
        for company in operators():
            made.channels[company.code] = _channel(made, company.code)
            count = max(4, int(MOST[company.code] * drivers))
            made.customers[company.code] = register(made, people(company.code, count, chance))
    premises.furnish(made.stations, SITES, Random(len(SITES)), actor=ACTOR)
    return made


def _companies(made: Masters) -> None:
    for number, company in enumerate(COMPANIES):
        fields = {
            "name": company.name,
            "contact": company.contact,
            "phone": company.phone,
            "brand": company.brand,
            "hotline": company.hotline,
            "timezone": company.zone,
            "currency": company.currency,
            "locale": company.locale,
            "contract_from": clock.now().date(),
            **dossiers.terms(company, number, made.now.date()),
        }
        if company.parent:
            parent = made.tenants[company.parent]
            row = tree.create_tenant(parent, actor=ACTOR, code=company.code, **fields)  # type: ignore[arg-type]
        else:
            row = tree.create_manufacturer(actor=ACTOR, code=company.code, **fields)  # type: ignore[arg-type]
        made.tenants[company.code] = row
        for reach in dossiers.reaches(company, number, DOMAIN):
            papers.add_contact(
                row, actor=ACTOR, name=reach.name, duty=reach.duty, phone=reach.phone, email=reach.email
            )
    branded = made.tenants[dossiers.BRANDED]
    papers.set_logo(branded, actor=ACTOR, file=ContentFile(dossiers.logo(), "logo.png"))
    contract = ContentFile(dossiers.paper(f"Specimen: contract {branded.contract_no}"), "contract.pdf")
    papers.add_paper(branded, actor=ACTOR, file=contract, kind=PaperKind.CONTRACT)


def _staff(made: Masters, secret: str) -> None:
    """One person for each role in the chain that is shown, an owner everywhere else; one password for all."""
    hashed = make_password(keys.password(secret))
    for number, company in enumerate(COMPANIES):
        for role, (english, chinese) in STAFF.items():
            if company.code not in SHOWN and role is not Role.OWNER:
                continue
            user = User.objects.create(
                email=email_of(role, company.code),
                name=english if number % 2 == 0 else chinese,
                language="en" if number % 2 == 0 else "zh-hans",
                password=hashed,
                created_at=clock.now(),
            )
            Membership.objects.create(
                tenant=made.tenants[company.code], user=user, role=role, created_at=clock.now()
            )


def _models(made: Masters) -> dict[str, PileModel]:
    return {
        product.name: devices.save_model(
            made.tenants["HANGLU"],
            actor=ACTOR,
            name=product.name,
            vendor=VENDOR,
            kind=product.kind,
            connector_count=product.connectors,
            connector_type=product.connector_type,
            rated_kw=product.rated_kw,
        )
        for product in PRODUCTS
    }


def _station(made: Masters, site: Site, number: int) -> Station:
    return sites.create_station(
        made.tenants[site.owner],
        actor=ACTOR,
        code=site.code,
        name=site.name,
        city=site.city,
        latitude=Decimal(site.latitude),
        longitude=Decimal(site.longitude),
        status=StationStatus.LIVE,
        **premises.profile_of(site, number),
    )


def _price(made: Masters, price: Price) -> None:
    owner = made.tenants[price.owner]
    zone = ZoneInfo(locality_of(owner.pk).timezone)
    tariff: Tariff | None = None
    for days, rates in price.versions.items():
        begins = _midnight(made.now - timedelta(days=days), zone)
        with clock.frozen(min(begins, made.now) - timedelta(hours=6)):
            tariff = tariff or tariffs.create_tariff(
                owner, actor=ACTOR, name=price.name, rounding=price.rounding
            )
            fields: dict[str, Any] = {**_idle_fields(price), **rates.as_fields()}
            if days < 0:
                fields["days"] = list(price.next_days)
            version = tariffs.write_version(
                tariff,
                actor=ACTOR,
                valid_from=begins,
                codes=price.codes,
                min_hold=price.min_hold,
                **fields,
            )
            tariffs.approve_version(version, actor=ACTOR)
        made.changes.append(begins)
    if tariff is None:
        return
    if price.draft is not None:
        _submit(price, price.draft, tariff)
    with clock.frozen(made.now - timedelta(days=max(price.versions) - 1)):
        if price.is_default:
            tariffs.make_default(tariff, actor=ACTOR)
        for code in price.sites:
            tariffs.assign_tariff(made.stations[code], tariff=tariff, actor=ACTOR)
    if price.planned:
        places = Station.objects.filter(code__in=price.planned)
        due_at = _midnight(made.now + PLANNED_AHEAD, zone)
        tariffs.assign_in_bulk(places, tariff=tariff, actor=ACTOR, due_at=due_at)


def _submit(price: Price, rates: Rates, tariff: Tariff) -> None:
    """A version that waits for a second person."""
    fields: dict[str, Any] = {**_idle_fields(price), **rates.as_fields(), "days": list(price.next_days)}
    version = tariffs.write_version(tariff, actor=ACTOR, codes=price.codes, min_hold=price.min_hold, **fields)
    tariffs.submit_version(version, actor=ACTOR)


def _idle_fields(price: Price) -> dict[str, int]:
    if price.idle is None:
        return {}
    return {
        "idle_grace_min": price.idle.grace_min,
        "idle_per_minute": price.idle.per_minute,
        "idle_cap": price.idle.cap,
    }


def _piles(made: Masters, spots: list[Placed], models: dict[str, PileModel], secret: str) -> None:
    """All piles with their connectors and codes, as ``stations.services.devices`` makes one."""
    for number, spot in enumerate(spots):
        station = made.stations[spot.site.code]
        pile = Pile(
            tenant_id=station.tenant_id,
            station=station,
            model=models[spot.product.name],
            identity=spot.identity,
            name=spot.name,
            serial=f"{VENDOR[0]}{spot.identity}",
            created_at=clock.now(),
            **premises.dates_of(clock.now(), number),
        )
        set_key(pile, seal(keys.pile_key(secret, spot.identity)))
        made.placed[spot.identity] = spot
        made.piles.append(pile)
    Pile.objects.bulk_create(made.piles)
    premises.tell_custody(made.piles, actor=ACTOR)
    made.connectors = Connector.objects.bulk_create(
        Connector(
            tenant_id=pile.tenant_id,
            pile=pile,
            number=number,
            type=made.placed[pile.identity].product.connector_type,
            created_at=clock.now(),
        )
        for pile in made.piles
        for number in range(1, made.placed[pile.identity].product.connectors + 1)
    )
    QrToken.objects.bulk_create(
        QrToken(tenant_id=one.tenant_id, connector=one, token=new_token(), created_at=clock.now())
        for one in made.connectors
    )


def _load_group(made: Masters) -> None:
    """At the station where most of the simulated charges run, the terminals share what the mains give."""
    station = made.stations[next(site.code for site in SITES if site.owner == SHOWN[-1])]
    count = sum(one.pile.station_id == station.pk for one in made.connectors)
    loads.create_group(
        station,
        actor=ACTOR,
        name="Transformer",
        limit=MAINS_KW,
        least=Decimal(20),
        safety=rounded_down(min(Decimal(20), MAINS_KW / count)),
    )


def register(made: Masters, persons: list[Person]) -> list[Customer]:
    """Accounts with wallets, and cards for those who have one, all at once."""
    tenants = [made.tenants[person.operator] for person in persons]
    drivers = Driver.objects.bulk_create(
        Driver(
            tenant=tenant,
            phone=person.phone,
            name=person.name,
            locale=person.locale,
            created_at=clock.now(),
        )
        for person, tenant in zip(persons, tenants, strict=True)
    )
    currencies = {tenant.pk: locality_of(tenant.pk).currency for tenant in set(tenants)}
    wallets = Wallet.objects.bulk_create(
        Wallet(
            tenant_id=driver.tenant_id,
            driver=driver,
            currency=currencies[driver.tenant_id],
            updated_at=clock.now(),
        )
        for driver in drivers
    )
    open_accounts(key for wallet in wallets for key in accounts_of(wallet))
    cards = Card.objects.bulk_create(
        Card(
            tenant_id=driver.tenant_id,
            driver=driver,
            uid=person.card,
            uid_folded=fold_tag(person.card),
            visual_number=_printed(person),
            created_at=clock.now(),
        )
        for person, driver in zip(persons, drivers, strict=True)
        if person.card
    )
    by_driver = {card.driver_id: card for card in cards}
    return [
        Customer(person, driver, wallet, by_driver.get(driver.pk))
        for person, driver, wallet in zip(persons, drivers, wallets, strict=True)
    ]


def _printed(person: Person) -> str:
    return " ".join(person.card[start : start + 4] for start in range(0, len(person.card), 4))


def _channel(made: Masters, operator: str) -> PaymentChannel:
    tenant = made.tenants[operator]
    currency = locality_of(tenant.pk).currency
    return connect_sandbox(tenant.pk, currency=currency, actor=ACTOR, name=f"Sandbox {operator.title()}")


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
