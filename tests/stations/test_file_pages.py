"""Pages of firmware and files: who sees and does what, and what stands there."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from stations import intake
from stations.models import Command, Firmware, FirmwareJob, FirmwareState, Pile, UploadedFile, UploadJob
from stations.services import firmware as library
from tests.factories.files import (
    leave,
    make_updatable_pile,
    make_update,
    make_upload,
    manufacturer_of,
    signer,
    updating,
    uploading,
)
from tests.factories.stations import ACTOR, Talk, make_model
from tests.factories.tenants import make_tenant
from tests.stations.browsing import browser, errors, operator_of
from tests.stations.transferring import kept

pytestmark = pytest.mark.usefixtures("one_pile", "everything")


def engineer(pile: Pile) -> Client:
    return browser(operator_of(pile), Role.ENGINEER)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    text: str = response.content.decode()
    return text


def test_the_page_of_a_pile_shows_what_became_of_updates_and_uploads() -> None:
    job = make_update()
    upload = make_upload(pile=job.pile)
    intake.report_firmware([updating(job, "Downloading"), updating(job, "DownloadFailed")])
    file = leave(upload, b"log", "<b>diag</b>.txt")
    intake.report_uploads([uploading(upload, "Uploaded")])
    intake.boot([Talk(job.pile).booted(firmware="1.1")])
    text = text_of(engineer(job.pile).get(reverse("stations:pile_files", args=[job.pile_id])))

    assert file is not None
    assert "The terminal could not fetch the file." in text
    assert "It reports 1.1, which is another." in text
    assert reverse("stations:uploaded_file", args=[file.pk]) in text
    assert "<b>diag" not in text and "1.0 → 1.1" in text


def test_an_upload_without_a_file_says_so() -> None:
    upload = make_upload()
    intake.report_uploads([uploading(upload, "Uploaded")])
    text = text_of(engineer(upload.pile).get(reverse("stations:pile_files", args=[upload.pile_id])))

    assert "No file has come." in text


def test_a_pile_that_is_offline_has_no_buttons_that_would_fail() -> None:
    pile, _firmware = make_updatable_pile()
    page = reverse("stations:pile_files", args=[pile.pk])
    assert reverse("stations:pile_update", args=[pile.pk]) in text_of(engineer(pile).get(page))
    Pile.objects.filter(pk=pile.pk).update(online=False)
    text = text_of(engineer(pile).get(page))

    assert reverse("stations:pile_update", args=[pile.pk]) not in text
    assert "The terminal is offline" in text


@pytest.mark.parametrize(
    ("role", "may_update", "may_read"),
    [(Role.ENGINEER, True, True), (Role.SUPPORT, False, True), (Role.FINANCE, False, False)],
)
def test_who_may_do_what(role: Role, may_update: bool, may_read: bool) -> None:
    job = make_upload()
    file = leave(job)
    assert file is not None
    client = browser(operator_of(job.pile), role)

    page = client.get(reverse("stations:pile_files", args=[job.pile_id])).content.decode()
    assert "Firmware updates" in page
    assert (file.name in page, "Diagnostics and logs" in page) == (may_read, may_read)
    for name in ("pile_update", "pile_fetch"):
        answer = client.get(reverse(f"stations:{name}", args=[job.pile_id]))
        assert answer.status_code == (200 if may_update else 403)
    before = Command.objects.count()
    client.post(reverse("stations:ask_upload", args=[job.pk]))
    assert Command.objects.count() == before + may_update
    answer = client.get(reverse("stations:uploaded_file", args=[file.pk]))
    assert (answer.status_code, b"".join(answer) == b"log") == ((200, True) if may_read else (403, False))
    assert AuditEntry.objects.filter(action="uploaded_file.downloaded").count() == may_read


def test_a_file_is_downloaded_as_nothing_but_a_file() -> None:
    job = make_upload()
    file = leave(job, b"<script>alert(1)</script>", "evil.html")
    assert file is not None
    answer = engineer(job.pile).get(reverse("stations:uploaded_file", args=[file.pk]))

    assert b"".join(answer) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    entry = AuditEntry.objects.get(action="uploaded_file.downloaded")
    assert (entry.object_ref, entry.object_label) == (f"uploadedfile:{file.pk}", "evil.html")


def test_a_file_that_is_not_kept_any_more_is_not_there() -> None:
    job = make_upload()
    file = leave(job)
    assert file is not None
    page = reverse("stations:uploaded_file", args=[file.pk])
    client = engineer(job.pile)
    file.file.storage.delete(file.file.name)
    assert client.get(page).status_code == 404
    UploadedFile.objects.filter(pk=file.pk).update(removed_at=clock.now())
    assert client.get(page).status_code == 404

    assert not AuditEntry.objects.filter(action="uploaded_file.downloaded").exists()
    text = text_of(client.get(reverse("stations:pile_files", args=[job.pile_id])))
    assert "no longer kept" in text and page not in text


def test_an_update_is_begun_once_however_often_it_is_sent() -> None:
    pile, firmware = make_updatable_pile()
    client, page = engineer(pile), reverse("stations:pile_update", args=[pile.pk])
    typed = {
        "firmware": firmware.pk,
        "retries": "2",
        "retry_interval_s": "30",
        "reason": "faster",
        "once": "a1",
    }
    answers = [client.post(page, typed) for _ in range(2)]

    assert {answer.url for answer in answers} == {reverse("stations:pile_files", args=[pile.pk])}  # type: ignore[attr-defined]
    job = FirmwareJob.objects.get(pile=pile)
    assert (job.signed, job.command.payload["retries"], job.command.reason) == (False, 2, "faster")  # type: ignore[union-attr]


def test_what_the_service_refuses_stands_at_its_field_with_all_that_was_typed() -> None:
    pile, firmware = make_updatable_pile()
    client, page = engineer(pile), reverse("stations:pile_update", args=[pile.pk])
    typed = {"firmware": firmware.pk, "how": "signed", "retries": "2", "retry_interval_s": "30"}
    answer = client.post(page, typed | {"reason": "keep me"})

    assert "This firmware has no signature." in str(errors(answer))
    assert 'value="keep me"' in text_of(answer)
    assert not FirmwareJob.objects.filter(pile=pile).exists()


def test_garbage_is_answered_at_its_field() -> None:
    pile, firmware = make_updatable_pile()
    client, page = engineer(pile), reverse("stations:pile_update", args=[pile.pk])
    typed = {"firmware": str(firmware.pk), "retries": "2", "retry_interval_s": "30"}
    for garbage in (
        {"firmware": "x"},
        {"firmware": "999999"},
        {"firmware": ""},
        {"retries": "-1"},
        {"retries": "9" * 40},
        {"retrieve_at": "yesterday"},
        {"how": "magic"},
    ):
        assert errors(client.post(page, typed | garbage)).keys() == garbage.keys()
    assert not FirmwareJob.objects.filter(pile=pile).exists()


def test_a_log_is_fetched_from_the_page() -> None:
    pile, _firmware = make_updatable_pile()
    client, page = engineer(pile), reverse("stations:pile_fetch", args=[pile.pk])
    assert 'value="security_log" selected' in text_of(client.get(page + "?kind=security_log"))
    wrong = client.post(
        page, {"kind": "diagnostics", "since": "2026-03-02T10:00", "until": "2026-03-01T10:00"}
    )
    assert errors(wrong).keys() == {"until"}
    client.post(page, {"kind": "security_log"})

    assert UploadJob.objects.get(pile=pile).kind == "security_log"


def upload_form(manufacturer: Any, **over: Any) -> dict[str, Any]:
    model = make_model(manufacturer)
    file = SimpleUploadedFile("fw-2.0.bin", over.pop("content", b"firmware"))
    return {"file": file, "version": "2.0", "pile_models": [model.pk]} | over


def test_firmware_is_uploaded_released_and_withdrawn_by_the_manufacturer() -> None:
    manufacturer = make_tenant()
    client = browser(manufacturer, Role.ENGINEER)
    certificate, key = signer()
    typed = upload_form(manufacturer, certificate=certificate, private_key=key)
    answer = client.post(reverse("stations:firmware_new"), typed)
    row = Firmware.objects.get(tenant=manufacturer)

    assert answer.url == reverse("stations:firmware", args=[row.pk])  # type: ignore[attr-defined]
    assert "fw-2.0.bin" in text_of(client.get(answer.url))  # type: ignore[attr-defined]
    assert row.is_signed
    client.post(reverse("stations:firmware_release", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == FirmwareState.RELEASED
    client.post(reverse("stations:firmware_withdraw", args=[row.pk]), {"reason": "it bricks piles"})
    row.refresh_from_db()
    assert row.state == FirmwareState.WITHDRAWN


def test_an_upload_that_is_wrong_says_where() -> None:
    manufacturer = make_tenant()
    client = browser(manufacturer, Role.ENGINEER)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"content": b""}, "file"),
        ({"file": ""}, "file"),
        ({"version": ""}, "version"),
        ({"pile_models": []}, "pile_models"),
        ({"pile_models": ["999999"]}, "pile_models"),
        ({"certificate": "nonsense"}, "private_key"),
        ({"certificate": "nonsense", "signature": "AAAA"}, "certificate"),
        ({"private_key": "nonsense"}, "private_key"),
    ]
    for over, field in wrong:
        answer = client.post(reverse("stations:firmware_new"), upload_form(manufacturer, **over))
        assert errors(answer).keys() == {field}
    assert not Firmware.objects.filter(tenant=manufacturer).exists()


def test_others_read_the_library_and_change_nothing() -> None:
    pile, firmware = make_updatable_pile(released=False)
    client = engineer(pile)

    assert client.get(reverse("stations:firmware", args=[firmware.pk])).status_code == 200
    assert client.get(reverse("stations:firmware_new")).status_code == 403
    assert client.post(reverse("stations:firmware_release", args=[firmware.pk])).status_code == 403
    firmware.refresh_from_db()
    assert firmware.state == FirmwareState.DRAFT


def test_the_page_of_a_firmware_says_which_piles_run_what() -> None:
    pile, firmware = make_updatable_pile()
    text = text_of(engineer(pile).get(reverse("stations:firmware", args=[firmware.pk])))
    assert f"<td>{pile.firmware}</td>" in text
    Pile.objects.filter(pk=pile.pk).update(firmware=firmware.version)
    client = browser(manufacturer_of(pile))
    text = text_of(client.get(reverse("stations:firmware", args=[firmware.pk])))

    assert f'<b class="t-charging">{firmware.version}</b>' in text
    rows = text_of(client.get(reverse("stations.firmware")))
    assert firmware.version in rows and pile.model is not None and pile.model.name in rows


def test_lists_of_updates_and_uploads_find_them() -> None:
    job = make_update()
    upload = make_upload(pile=job.pile)
    leave(upload)
    intake.report_firmware([updating(job, "Installed")])
    client = engineer(job.pile)

    found = text_of(client.get(reverse("stations.firmware_jobs") + "?proof=unseen&state=installed"))
    assert job.pile.name in found
    empty = text_of(client.get(reverse("stations.firmware_jobs") + "?proof=other"))
    assert job.pile.identity not in empty.partition('id="rows"')[2]
    assert job.pile.name in text_of(client.get(reverse("stations.uploads") + "?state=uploading"))
    assert kept(upload) == [("log.txt", b"log")]


def test_asking_how_far_an_update_is() -> None:
    job = make_update()
    client, page = engineer(job.pile), reverse("stations:ask_update", args=[job.pk])
    assert client.get(page).status_code == 405
    client.post(page)
    job.refresh_from_db()
    assert job.asked_at is not None
    intake.report_firmware([updating(job, "Installed")])
    before = Command.objects.count()
    answer = client.post(page, follow=True)

    assert "This update is over." in text_of(answer)
    assert Command.objects.count() == before


def test_withdrawing_asks_why_and_says_what_it_does() -> None:
    _pile, firmware = make_updatable_pile()
    client = browser(manufacturer_of(_pile), Role.ENGINEER)
    page = reverse("stations:firmware_withdraw", args=[firmware.pk])
    assert "Terminals that fetch it now get nothing." in text_of(client.get(page))
    client.post(page, {"reason": ""})
    firmware.refresh_from_db()

    assert firmware.state == FirmwareState.RELEASED
    assert library.withdraw_firmware(firmware, actor=ACTOR, reason="x").state == FirmwareState.WITHDRAWN


def test_firmware_is_released_once_somebody_read_for_which_models() -> None:
    _pile, firmware = make_updatable_pile(released=False)
    client = browser(firmware.tenant, Role.ENGINEER)
    url = reverse("stations:firmware_release", args=[firmware.pk])
    asked = client.get(url).content.decode()
    assert f"Release {firmware.version}" in asked and firmware.pile_models.get().name in asked
    firmware.refresh_from_db()
    assert firmware.state == FirmwareState.DRAFT
    client.post(url)
    firmware.refresh_from_db()
    assert firmware.state == FirmwareState.RELEASED


def test_a_terminal_that_went_back_to_another_version_does_not_stand_there_in_green() -> None:
    job = make_update()
    version = job.firmware.version
    FirmwareJob.objects.filter(pk=job.pk).update(version_seen=version)
    page = reverse("stations:pile_files", args=[job.pile_id])
    for now, words in ((version, f"It reports {version}."), ("1.9", f"It reported {version}, and now 1.9.")):
        Pile.objects.filter(pk=job.pile_id).update(firmware=now)
        assert words in text_of(engineer(job.pile).get(page))
