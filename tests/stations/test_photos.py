"""Photos of a station: pictures only, in the order that was chosen, and gone when they are taken off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from stations import selectors
from stations.models import Station, StationPhoto
from stations.services import photos, sites
from tenants.models import Tenant
from tests.factories.stations import ACTOR, make_station
from tests.factories.tenants import make_tenant
from tests.stations.browsing import browser, errors, operator_of
from tests.support.pictures import PDF, jpeg, png, webp

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture(autouse=True)
def folder(settings: LazySettings, tmp_path: Path) -> Iterator[Path]:
    settings.MEDIA_ROOT = tmp_path
    yield tmp_path


@pytest.fixture
def station(everything: None) -> Station:
    return make_station()


def upload(data: bytes, name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def add(station: Station, *data: bytes, **over: Any) -> list[StationPhoto]:
    return photos.add_photos(station, uploads=[upload(one) for one in data], actor=ACTOR, **over)


def files(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def order(station: Station) -> list[int]:
    return list(selectors.photos_of(station).values_list("pk", flat=True))


def test_several_pictures_are_added_behind_each_other(station: Station, folder: Path) -> None:
    first, second, third = add(station, png(), jpeg(), webp(), caption="Entrance")

    assert order(station) == [first.pk, second.pk, third.pk]
    assert [row.media_type for row in (first, second, third)] == ["image/png", "image/jpeg", "image/webp"]
    assert (first.width, first.height, first.caption) == (64, 64, "Entrance")
    assert files(folder) == 3 and "photo.png" not in first.file


@pytest.mark.parametrize(
    "data", [b"", PDF, b"<svg xmlns='http://www.w3.org/2000/svg'/>", png()[:-4], b"MZ" * 99]
)
def test_what_is_no_picture_is_refused_with_all_that_came_with_it(
    station: Station, folder: Path, data: bytes
) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        add(station, png(), data)

    assert refusal.value.field == "photos"
    assert not StationPhoto.objects.exists() and files(folder) == 0
    assert AuditEntry.objects.count() == before


def test_there_are_only_so_many(station: Station) -> None:
    for _round in range(photos.MOST_PHOTOS // photos.MOST_AT_ONCE):
        add(station, *[png(8, 8)] * photos.MOST_AT_ONCE)
    with pytest.raises(Refused, match="at most"):
        add(station, png())
    assert StationPhoto.objects.count() == photos.MOST_PHOTOS


def test_they_are_put_in_order_and_the_ends_hold(station: Station) -> None:
    first, second, third = add(station, png(), png(), png())
    photos.move_photo(third, to="earlier", actor=ACTOR)
    assert order(station) == [first.pk, third.pk, second.pk]
    photos.move_photo(first, to="earlier", actor=ACTOR)
    photos.move_photo(second, to="later", actor=ACTOR)
    assert order(station) == [first.pk, third.pk, second.pk]


@pytest.mark.django_db(transaction=True)
def test_what_is_taken_off_is_gone_from_the_disk_and_twice_is_once(station: Station, folder: Path) -> None:
    [row] = add(station, png())
    photos.remove_photo(row, actor=ACTOR)
    photos.remove_photo(row, actor=ACTOR)

    assert not StationPhoto.objects.exists() and files(folder) == 0
    assert AuditEntry.objects.filter(action="station_photo.removed").count() == 1


def test_they_follow_a_station_that_changes_hands(station: Station) -> None:
    add(station, png())
    owner = make_tenant(Tenant.objects.get(pk=station.tenant.parent_id))
    sites.transfer_station(station, to=owner, actor=ACTOR, reason="sold")
    assert StationPhoto.objects.get().tenant_id == owner.pk


def test_a_picture_is_sent_so_that_no_browser_runs_it(station: Station) -> None:
    [row] = add(station, png())
    answer = browser(operator_of(station)).get(reverse("stations:photo", args=[row.pk]))

    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == png()
    default_storage.delete(row.file)
    assert browser(operator_of(station)).get(reverse("stations:photo", args=[row.pk])).status_code == 404


def test_by_page_they_are_added_named_moved_and_taken_off(station: Station) -> None:
    client, page = browser(operator_of(station)), reverse("stations:station_photos", args=[station.pk])
    client.post(page, {"photos": [upload(png()), upload(jpeg())], "caption": "Gate <b>"})
    first, second = selectors.photos_of(station)
    shown = client.get(page).content.decode()
    assert shown.count("<figure>") == 2 and "Gate &lt;b&gt;" in shown

    client.post(reverse("stations:photo_move", args=[second.pk, "earlier"]))
    assert order(station) == [second.pk, first.pk]
    assert client.post(reverse("stations:photo_move", args=[second.pk, "away"])).status_code == 404
    client.post(reverse("stations:photo_edit", args=[first.pk]), {"caption": "Exit"})
    assert StationPhoto.objects.get(pk=first.pk).caption == "Exit"
    client.post(reverse("stations:photo_delete", args=[first.pk]))
    assert order(station) == [second.pk]


def test_a_file_that_is_no_picture_is_named_at_its_field_and_the_caption_is_kept(station: Station) -> None:
    page = reverse("stations:station_photos", args=[station.pk])
    client = browser(operator_of(station))
    answer = client.post(page, {"photos": [upload(PDF, "plan.pdf")], "caption": "The plan"})

    assert "photos" in errors(answer) and "The plan" in answer.content.decode()
    assert errors(client.post(page, {"caption": "Nothing"}))["photos"]
    assert not StationPhoto.objects.exists()
