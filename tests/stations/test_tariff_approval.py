"""A second person approves a version; two who edit one draft do not write over each other unawares."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from stations import selectors
from stations.models import ServiceCeiling, Tariff, TariffVersion
from stations.permissions import StationPerm
from stations.services import tariffs
from tenants.models import Membership, Tenant
from tenants.selectors import people_with
from tests.factories.stations import ACTOR, DAY, PRICES, later, make_agency, make_tariff, make_version
from tests.factories.tenants import make_member

pytestmark = pytest.mark.usefixtures("everything")

WEEKEND = {
    "kind": "weekdays",
    "name": "Weekend",
    "codes": "V" * 48,
    "weekdays": [5, 6],
    "season": [],
    "dates": [],
}


def actor_of(member: Membership) -> Actor:
    return Actor(f"staff:{member.user_id}", member.user.name)


@pytest.fixture
def operator() -> Tenant:
    return Tenant.objects.get(pk=make_agency().parent_id)


@pytest.fixture
def tariff(operator: Tenant) -> Tariff:
    return make_tariff(operator)


@pytest.fixture
def people(operator: Tenant) -> Iterator[tuple[Actor, Actor, Actor]]:
    """Three who may write tariffs, and one who may not."""
    make_member(operator, Role.ENGINEER)
    roles = (Role.OWNER, Role.MANAGER, Role.FINANCE)
    yield tuple(actor_of(make_member(operator, role)) for role in roles)  # type: ignore[misc]


def refused(action: Any, *args: Any, **kwargs: Any) -> Refused:
    """The refusal; nothing was written or audited."""
    before = AuditEntry.objects.count(), list(TariffVersion.objects.order_by("pk").values())
    with pytest.raises(Refused) as refusal, transaction.atomic():
        action(*args, **kwargs)
    assert before == (AuditEntry.objects.count(), list(TariffVersion.objects.order_by("pk").values()))
    return refusal.value


def written(tariff: Tariff, author: Actor, **over: Any) -> TariffVersion:
    return tariffs.write_version(tariff, actor=author, **{"codes": DAY} | PRICES | over)


def test_a_second_person_approves_what_was_submitted(
    tariff: Tariff, people: tuple[Actor, Actor, Actor]
) -> None:
    author, second, _third = people
    version = written(tariff, author)

    assert tariffs.needs_second_person(version)
    assert refused(tariffs.approve_version, version, actor=second).code == "not_submitted"
    tariffs.submit_version(version, actor=author)
    assert refused(tariffs.approve_version, version, actor=author).code == "own_work"
    approved = tariffs.approve_version(version, actor=second)
    assert (approved.state, approved.created_by, approved.approved_by) == (
        "approved",
        author.label,
        second.label,
    )


def test_who_edited_last_does_not_approve_either(tariff: Tariff, people: tuple[Actor, Actor, Actor]) -> None:
    author, editor, third = people
    version = written(tariff, author)
    tariffs.edit_version(version, actor=editor, peak_service=Decimal("0.61"))
    tariffs.submit_version(version, actor=editor)

    for one in (author, editor):
        assert refused(tariffs.approve_version, version, actor=one).code == "own_work"
    assert tariffs.approve_version(version, actor=third).state == "approved"


def test_a_submitted_version_is_not_edited_until_it_is_returned(
    tariff: Tariff, people: tuple[Actor, Actor, Actor]
) -> None:
    author, second, _third = people
    version = written(tariff, author)
    tariffs.submit_version(version, actor=author)
    assert refused(tariffs.edit_version, version, actor=author, codes=DAY).code == "not_draft"

    returned = tariffs.return_version(version, actor=second, reason="The evening is too dear")
    assert (returned.state, returned.returned_by, returned.returned_note) == (
        "draft",
        second.label,
        "The evening is too dear",
    )
    assert refused(tariffs.return_version, version, actor=second, reason="x").code == "not_submitted"
    tariffs.edit_version(version, actor=author, sharp_service=Decimal("0.50"))
    assert tariffs.submit_version(version, actor=author).returned_note == ""


def test_where_one_person_alone_writes_tariffs_that_one_approves(
    operator: Tenant, tariff: Tariff, settings: LazySettings
) -> None:
    alone = actor_of(make_member(operator, Role.OWNER))
    make_member(operator, Role.MANAGER, is_active=False)
    make_member(operator, Role.SUPPORT)
    version = written(tariff, alone)
    settings.TARIFF_ALONE = False
    assert refused(tariffs.approve_version, version, actor=alone).code == "not_submitted"

    settings.TARIFF_ALONE = True
    assert tariffs.approve_version(version, actor=alone).state == "approved"


def test_those_who_may_for_an_agency_are_the_people_of_its_operator() -> None:
    agency = make_agency()
    operator = Tenant.objects.get(pk=agency.parent_id)
    make_member(agency, Role.OWNER)
    make_member(Tenant.objects.get(pk=operator.parent_id), Role.OWNER)
    make_member(make_agency(), Role.OWNER)
    member = make_member(operator, Role.FINANCE)

    assert people_with(StationPerm.TARIFF_MANAGE, agency.pk) == {member.user_id}


def test_what_was_changed_after_the_second_person_looked_is_not_approved(
    tariff: Tariff, people: tuple[Actor, Actor, Actor]
) -> None:
    author, second, _third = people
    version = written(tariff, author)
    tariffs.submit_version(version, actor=author)
    seen = TariffVersion.objects.get(pk=version.pk).revision
    tariffs.return_version(version, actor=author, reason="one more thing")
    tariffs.edit_version(version, actor=author, sharp_service=Decimal(90))
    tariffs.submit_version(version, actor=author)

    assert refused(tariffs.approve_version, version, actor=second, revision=seen).code == "changed"
    assert tariffs.approve_version(version, actor=second, revision=seen + 1).state == "approved"


def test_the_second_of_two_editors_is_told_what_the_first_changed(
    tariff: Tariff, people: tuple[Actor, Actor, Actor]
) -> None:
    first, second, _third = people
    version = written(tariff, first)
    opened = version.revision
    tariffs.edit_version(version, actor=first, revision=opened, peak_service=Decimal("0.65"))
    tariffs.edit_version(
        version, actor=first, revision=opened + 1, peak_service=Decimal("0.70"), days=[WEEKEND]
    )

    refusal = refused(tariffs.edit_version, version, actor=second, revision=opened, peak_service=Decimal(9))
    assert refusal.code == "changed" and first.label in str(refusal)
    before, after = selectors.edits_since(version, opened)
    assert (Decimal(before["peak_service"]), Decimal(after["peak_service"])) == (
        Decimal("0.60"),
        Decimal("0.70"),
    )
    assert (before["days"], after["days"]) == ([], [WEEKEND])
    assert selectors.edits_since(version, opened + 2) == ({}, {})


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ([WEEKEND, WEEKEND | {"name": "Sundays", "weekdays": [6]}], "clash"),
        ([WEEKEND | {"codes": "V" * 47}], "codes"),
        ([WEEKEND | {"name": " "}], "name"),
        ([WEEKEND | {"weekdays": []}], "no_day"),
        ([WEEKEND | {"kind": "dates"}], "no_day"),
        ([WEEKEND | {"kind": "season"}], "no_day"),
        ([{}], "codes"),
        (
            [
                WEEKEND | {"kind": "dates", "name": str(number), "dates": [f"2027-01-{number:02}"]}
                for number in range(1, 22)
            ],
            "too_many",
        ),
    ],
)
def test_day_types_that_make_no_sense_are_not_written(
    tariff: Tariff, days: list[dict[str, Any]], code: str
) -> None:
    refusal = refused(written, tariff, ACTOR, days=days)

    assert (refusal.code, refusal.field) == (code, "days")


@pytest.mark.parametrize("hours", [[["22:00"]], [["22:00", "25:00"]], ["night"]])
def test_free_hours_that_are_none_are_not_written(tariff: Tariff, hours: Any) -> None:
    assert refused(written, tariff, ACTOR, idle_free=hours).field == "idle_free"


def test_a_version_sums_up_the_prices_of_all_its_days(tariff: Tariff) -> None:
    plain = written(tariff, ACTOR, codes="P" * 48)
    with_weekend = written(tariff, ACTOR, codes="P" * 48, days=[WEEKEND])

    assert (plain.bands, plain.lowest, plain.highest) == ("P", Decimal("1.60"), Decimal("1.60"))
    assert (with_weekend.bands, with_weekend.lowest) == ("PV", Decimal("0.70"))


def test_a_free_band_of_another_day_is_asked_about_too(tariff: Tariff) -> None:
    version = written(
        tariff,
        ACTOR,
        codes="P" * 48,
        days=[WEEKEND],
        valley_electricity=Decimal(0),
        valley_service=Decimal(0),
    )

    assert refused(tariffs.approve_version, version, actor=ACTOR).code == "free_price"


def test_an_operator_limits_the_service_fee_of_its_agencies() -> None:
    agency = make_agency()
    operator = Tenant.objects.get(pk=agency.parent_id)
    below, own = make_tariff(agency), make_tariff(operator)
    draft = make_version(below, approved=False, valid_from=later(3600))
    tariffs.set_ceiling(operator, actor=ACTOR, amount=Decimal("0.65"))

    refusal = refused(written, below, ACTOR)
    assert (refusal.code, refusal.field) == ("ceiling", "sharp_service")
    assert refused(tariffs.approve_version, draft, actor=ACTOR).code == "ceiling"
    assert written(own, ACTOR).sharp_service == Decimal("0.70")
    assert written(below, ACTOR, sharp_service=Decimal("0.65")).state == "draft"

    tariffs.set_ceiling(operator, actor=ACTOR, amount=None)
    assert written(below, ACTOR).state == "draft"
    assert not ServiceCeiling.objects.exists()


def test_only_an_operator_sets_a_ceiling_and_no_negative_one() -> None:
    agency = make_agency()
    operator = Tenant.objects.get(pk=agency.parent_id)

    assert refused(tariffs.set_ceiling, agency, actor=ACTOR, amount=Decimal(1)).code == "wrong_level"
    assert refused(tariffs.set_ceiling, operator, actor=ACTOR, amount=Decimal(-1)).code == "price"


def test_the_highest_price_is_a_setting(tariff: Tariff, settings: LazySettings) -> None:
    assert refused(written, tariff, ACTOR, peak_service=Decimal(99_999)).field == "peak_service"

    settings.TARIFF_DEAREST = {2: Decimal(1)}
    assert refused(written, tariff, ACTOR).field == "sharp_electricity"


def test_a_copy_begins_as_the_newest_version(tariff: Tariff) -> None:
    written(tariff, ACTOR, days=[WEEKEND], idle_free=[["22:00", "06:00"]])
    copy = tariffs.copy_tariff(tariff, actor=ACTOR, name="Another")

    version = TariffVersion.objects.get(tariff=copy)
    assert (version.state, version.days, version.idle_free) == ("draft", [WEEKEND], [["22:00", "06:00"]])
    assert refused(tariffs.copy_tariff, tariff, actor=ACTOR, name="Another").code == "name_taken"
