"""Contacts, files and the logo: who keeps them, what is taken, and that nobody's browser runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from tenants.models import Contact, Paper, PaperKind, Tenant
from tenants.selectors import logo_url, scope_of
from tenants.services import papers
from tests.factories.tenants import ACTOR, Forest, make_forest
from tests.support.pictures import PDF, jpeg, png, upload, webp
from tests.support.staff import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest(settings: Any, tmp_path: Path) -> Forest:
    settings.MEDIA_ROOT = tmp_path
    return make_forest()


def stored(folder: str, settings: Any) -> list[Path]:
    path = Path(settings.MEDIA_ROOT) / folder
    return sorted(path.iterdir()) if path.exists() else []


def count(model: Any) -> int:
    with unscoped(reason="a test compares"):
        return int(model.objects.count())


def send(client: Client, tenant: Tenant, data: bytes, name: str = "licence.pdf") -> Any:
    url = reverse("tenants:paper_new", args=[tenant.pk])
    return client.post(url, {"kind": "licence", "file": SimpleUploadedFile(name, data)})


@pytest.mark.parametrize("viewer", ["agency", "operator"])
def test_a_tenant_and_the_level_above_keep_contacts(forest: Forest, viewer: str) -> None:
    client, page = client_for(getattr(forest, viewer)), f"/tenants/{forest.agency.pk}/contacts/"
    client.post(f"{page}new/", {"name": "Ms Li", "duty": "Invoices", "email": "li@example.org"})
    with unscoped(reason="a test compares"):
        row = Contact.objects.get()
    assert row.tenant_id == forest.agency.pk and "Ms Li" in client.get(page).content.decode()
    client.post(reverse("tenants:contact_edit", args=[row.pk]), {"name": "Ms Li", "phone": "+86 571 0000"})
    assert "+86 571 0000" in client.get(page).content.decode()
    client.post(reverse("tenants:contact_remove", args=[row.pk]), {"confirmed": "1"})
    assert count(Contact) == 0
    with unscoped(reason="a test compares"):
        actions = AuditEntry.objects.filter(action__startswith="contact").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            "contact.added",
            "contact.edited",
            "contact.removed",
        ]


@pytest.mark.parametrize(
    ("over", "field"),
    [({"name": ""}, "name"), ({"email": "li"}, "email"), ({"phone": "call me"}, "phone")],
)
def test_a_contact_that_makes_no_sense_gets_a_message_at_its_field(
    forest: Forest, over: Any, field: str
) -> None:
    url = reverse("tenants:contact_new", args=[forest.agency.pk])
    answer = client_for(forest.agency).post(url, {"name": "Ms Li", "duty": "Typed"} | over)
    assert set(answer.context["form"].errors) == {field} and "Typed" in answer.content.decode()
    assert count(Contact) == 0


@pytest.mark.parametrize("viewer", ["dealer", "manufacturer"])
def test_whoever_stands_higher_sees_contacts_and_keeps_neither_them_nor_files(
    forest: Forest, viewer: str, settings: Any
) -> None:
    with unscoped(reason="test data"):
        papers.add_contact(forest.agency, actor=ACTOR, name="Ms Li")
        row = papers.add_paper(
            forest.agency, actor=ACTOR, file=upload(PDF, "id.pdf"), kind=PaperKind.IDENTITY
        )
        contact = Contact.objects.get()
    client = client_for(getattr(forest, viewer))
    page = client.get(f"/tenants/{forest.agency.pk}/contacts/").content.decode()
    assert "Ms Li" in page and "Add a contact" not in page
    assert client.post(reverse("tenants:contact_remove", args=[contact.pk])).status_code == 403
    assert client.get(f"/tenants/{forest.agency.pk}/files/").status_code == 404
    assert client.get(reverse("tenants:paper", args=[row.pk])).status_code == 404
    assert client.post(reverse("tenants:paper_remove", args=[row.pk]), {"reason": "gone"}).status_code == 404
    assert send(client, forest.agency, PDF).status_code == 404
    with scope_of(getattr(forest, viewer).pk), pytest.raises(Refused):
        papers.remove_paper(row, actor=ACTOR, reason="r")
    assert (count(Contact), count(Paper), len(stored("papers", settings))) == (1, 1, 1)


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (PDF, "licence.pdf", "application/pdf"),
        (png(), "scan.exe", "image/png"),
        (jpeg(), "scan.jpg", "image/jpeg"),
        (webp(), "../../scan", "image/webp"),
    ],
)
def test_a_file_is_what_its_bytes_say_and_is_given_back_to_be_saved(
    forest: Forest, data: bytes, name: str, media_type: str
) -> None:
    client = client_for(forest.agency)
    answer = send(client, forest.agency, data, name)
    assert answer["Location"] == f"/tenants/{forest.agency.pk}/files/"
    with unscoped(reason="a test compares"):
        row = Paper.objects.get()
    given = client.get(reverse("tenants:paper", args=[row.pk]))
    assert b"".join(given) == data
    assert given["Content-Type"] == media_type == row.media_type
    assert given["Content-Disposition"].startswith("attachment")
    assert given["X-Content-Type-Options"] == "nosniff" and "sandbox" in given["Content-Security-Policy"]
    assert "/" not in row.name
    with unscoped(reason="a test compares"):
        assert AuditEntry.objects.filter(action="paper.read").count() == 1
        assert "stored" not in AuditEntry.objects.get(action="paper.added").after


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"MZ\x90\0" + bytes(200),
        b"PK\x03\x04" + bytes(200),
        PDF[:30],
        b"%PDF-1.4" + bytes(papers.PAPER_HEAVIEST),
    ],
    ids=["empty", "svg", "html", "exe", "zip", "half a pdf", "too large"],
)
def test_any_other_file_is_refused_at_its_field_and_not_kept(
    forest: Forest, data: bytes, settings: Any
) -> None:
    answer = send(client_for(forest.agency), forest.agency, data)
    assert set(answer.context["form"].errors) == {"file"}
    assert count(Paper) == 0 and stored("papers", settings) == []


def test_the_same_file_is_kept_once_and_removed_with_its_bytes(
    forest: Forest, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = client_for(forest.agency)
    send(client, forest.agency, PDF)
    assert set(send(client, forest.agency, PDF).context["form"].errors) == {"file"}
    assert count(Paper) == len(stored("papers", settings)) == 1
    with unscoped(reason="a test compares"):
        row = Paper.objects.get()
    url = reverse("tenants:paper_remove", args=[row.pk])
    assert set(client.post(url, {"reason": ""}).context["form"].errors) == {"reason"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"reason": "outdated"})
    assert count(Paper) == 0 and stored("papers", settings) == []
    assert client.get(reverse("tenants:paper", args=[row.pk])).status_code == 404


@pytest.mark.parametrize("data", [png(), jpeg(), webp()])
def test_a_logo_stands_in_the_frame_and_is_served_to_everybody(
    forest: Forest, data: bytes, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = client_for(forest.operator)
    url = reverse("tenants:logo_new", args=[forest.operator.pk])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"logo": SimpleUploadedFile("logo", data)})
    with unscoped(reason="a test compares"):
        address = logo_url(Tenant.objects.get(pk=forest.operator.pk).logo)
    assert f'src="{address}"' in client.get("/personal/").content.decode()
    given = Client().get(address)
    assert b"".join(given) == data
    assert given["Content-Type"].startswith("image/") and "immutable" in given["Cache-Control"]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"logo": SimpleUploadedFile("logo", png(40, 40))})
    assert len(stored("logos", settings)) == 1 and Client().get(address).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("tenants:logo_remove", args=[forest.operator.pk]))
    assert stored("logos", settings) == []


@pytest.mark.parametrize(
    "data", [b"<svg/>", PDF, png(16, 16), png(2_000, 64), png(extra=bytes(5)), b"x" * 70_000]
)
def test_a_picture_that_is_no_logo_is_refused_at_its_field(
    forest: Forest, data: bytes, settings: Any
) -> None:
    client = client_for(forest.operator)
    answer = client.post(
        reverse("tenants:logo_new", args=[forest.operator.pk]), {"logo": SimpleUploadedFile("l.png", data)}
    )
    assert set(answer.context["form"].errors) == {"logo"}
    assert stored("logos", settings) == []


@pytest.mark.parametrize(
    "name", ["x.png", "../../etc/passwd", "a" * 32 + ".svg", "A" * 32 + ".png", "a" * 32 + ".png"]
)
def test_a_logo_that_is_none_is_not_there(forest: Forest, name: str) -> None:
    assert Client().get(f"/q/logo/{name}").status_code == 404


def test_somebody_elses_brand_is_seen_and_not_changed(forest: Forest, settings: Any) -> None:
    client = client_for(forest.dealer)
    assert "Add a logo" not in client.get(f"/tenants/{forest.agency.pk}/brand/").content.decode()
    url = reverse("tenants:logo_new", args=[forest.agency.pk])
    assert client.post(url, {"logo": SimpleUploadedFile("l", png())}).status_code == 403
    finance = client_for(forest.agency, Role.FINANCE)
    assert finance.post(url, {"logo": SimpleUploadedFile("l", png())}).status_code == 403
    assert stored("logos", settings) == []
