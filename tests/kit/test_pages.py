"""What every page of staff is made of: permissions, one row or 404, forms that lose nothing."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from backoffice.kit.errors import Refused
from backoffice.kit.pages import attempt, form_page, question_page, requires, row_or_404, way_back
from backoffice.kit.perms import Perm
from backoffice.kit.templatetags.kit import is_optional
from stations.models import Station
from stations.permissions import StationPerm
from tenants.selectors import scope_of
from tests.factories.rows import make_row
from tests.factories.tenants import make_forest

pytestmark = pytest.mark.django_db


class Messages(list[str]):
    """Takes what a view says."""

    def add(self, _level: int, message: str, _tags: str = "") -> None:
        self.append(str(message))


class NameForm(forms.Form):
    name = forms.CharField(max_length=5)
    note = forms.CharField(required=False)


def request(method: str = "get", data: Any = None, *grants: Perm, staff: bool = True) -> Any:
    made: Any = getattr(RequestFactory(), method)("/here/?x=1", data)
    made.user = AnonymousUser()
    made.membership = object() if staff else None
    made.grants = frozenset(grants)
    made._messages = Messages()
    return made


def page(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


async def page_later(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


def test_one_of_the_permissions_is_enough_and_none_is_refused() -> None:
    view = requires(StationPerm.VIEW, StationPerm.MANAGE)(page)

    assert view(request("get", None, StationPerm.MANAGE)).content == b"seen"
    with pytest.raises(PermissionDenied):
        view(request("get", None, StationPerm.EXPORT))
    with pytest.raises(PermissionDenied):
        view(request())


def test_a_page_for_all_staff_needs_staff() -> None:
    view = requires()(page)

    assert view(request()).content == b"seen"
    answer = view(request(staff=False))
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/here/%3Fx%3D1")


def test_somebody_signed_in_who_works_nowhere_is_refused() -> None:
    lost = request(staff=False)
    lost.user = type("User", (), {"is_authenticated": True})()

    with pytest.raises(PermissionDenied):
        requires()(page)(lost)


def test_an_asynchronous_view_is_guarded_alike() -> None:
    view = async_to_sync(requires(StationPerm.VIEW)(page_later))

    assert view(request("get", None, StationPerm.VIEW)).content == b"seen"
    with pytest.raises(PermissionDenied):
        view(request())


def test_a_guarded_view_says_what_it_requires() -> None:
    assert requires(StationPerm.VIEW)(page).requires == (StationPerm.VIEW,)


@pytest.mark.parametrize("key", [0, -1, 10**30, "x", "", "1 OR 1=1", "\0", None])
def test_a_key_that_cannot_be_one_is_404(key: object) -> None:
    forest = make_forest()
    with scope_of(forest.operator.pk), pytest.raises(Http404):
        row_or_404(Station.objects.all(), pk=key)


def test_a_row_of_a_sibling_is_404_and_ones_own_is_found() -> None:
    forest = make_forest()
    own, foreign = make_row(Station, forest.agency), make_row(Station, forest.sibling_operator)
    with scope_of(forest.operator.pk):
        assert row_or_404(Station.objects.all(), pk=str(own.pk)) == own
        with pytest.raises(Http404):
            row_or_404(Station.objects.all(), pk=foreign.pk)


@pytest.mark.parametrize(
    ("wanted", "way"),
    [
        ("/orders/?a=b", "/orders/?a=b"),
        ("", "/default/"),
        ("https://testserver/x", "https://testserver/x"),
        ("https://evil.example/", "/default/"),
        ("//evil.example", "/default/"),
        ("/\\evil.example", "/default/"),
        ("javascript:alert(1)", "/default/"),
        ("http:///evil.example", "/default/"),
    ],
)
def test_the_way_back_is_one_of_ours(wanted: str, way: str) -> None:
    assert way_back(request("post", {"next": wanted}), "/default/") == way


def send(data: dict[str, str], save: Any, **options: Any) -> tuple[Any, HttpResponse]:
    asked = request("post", data, StationPerm.MANAGE)
    asked.membership = None  # the frame around the page is not what is tested
    form = NameForm(asked.POST)
    return asked, form_page(
        asked, form, title="Name", save=save, then=lambda saved: f"/done/{saved}/", **options
    )


def test_a_form_that_is_right_is_saved_once_and_goes_on() -> None:
    saved: list[Any] = []

    def save(data: Any) -> int:
        saved.append(data)
        return 7

    asked, answer = send({"name": "Li", "note": "x"}, save, done="Saved.")

    assert saved == [{"name": "Li", "note": "x"}]
    assert (answer.status_code, answer["Location"]) == (302, "/done/7/")
    assert list(asked._messages) == ["Saved."]


def test_a_form_that_is_wrong_is_not_saved_and_keeps_what_was_typed() -> None:
    _asked, answer = send({"name": "too long", "note": "a note"}, lambda _data: pytest.fail("it was saved"))

    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="too long"' in html and 'value="a note"' in html
    assert "at most 5 characters" in html


@pytest.mark.parametrize("field", ["name", "", "unknown"])
def test_what_a_service_refuses_stands_at_its_field_and_nothing_typed_is_lost(field: str) -> None:
    def save(_data: Any) -> None:
        raise Refused("This name is taken.", code="taken", field=field)

    asked, answer = send({"name": "Li", "note": "a note"}, save, done="Saved.")

    html = answer.content.decode()
    assert "This name is taken." in html and 'value="a note"' in html
    assert list(asked._messages) == []


def test_a_form_that_is_sent_twice_is_saved_once_and_leads_to_the_same_page() -> None:
    saved: list[Any] = []

    def save(data: Any) -> int:
        saved.append(data)
        return len(saved)

    once = {"name": "Li", "once": token_hex(8)}
    places = [
        send(data, save)[1]["Location"]
        for data in (once, once, {"name": "Li", "once": token_hex(8)}, {"name": "Li"})
    ]

    assert places == ["/done/1/", "/done/1/", "/done/2/", "/done/3/"]


def test_a_form_that_was_refused_can_be_sent_again() -> None:
    answers = iter([Refused("Not yet.", field="name"), None])

    def save(_data: Any) -> int:
        if refused := next(answers):
            raise refused
        return 9

    data = {"name": "Li", "once": token_hex(8)}
    first, second = send(data, save)[1], send(data, save)[1]

    assert "Not yet." in first.content.decode() and data["once"] in first.content.decode()
    assert second["Location"] == "/done/9/"


def ask(data: dict[str, str] | None, do: Any, **options: Any) -> tuple[Any, HttpResponse]:
    asked = request("get" if data is None else "post", data)
    asked.membership = None
    return asked, question_page(asked, title="Stop it", do=do, then="/back/", **options)


def test_a_question_wants_a_reason_and_passes_it_on() -> None:
    reasons: list[str] = []

    for data in (None, {"reason": " "}, {"reason": "no"}):
        assert ask(data, reasons.append)[1].status_code == 200
    assert reasons == []
    asked, answer = ask({"reason": " cable cut "}, reasons.append, done="Stopped.")

    assert (reasons, answer["Location"], list(asked._messages)) == (["cable cut"], "/back/", ["Stopped."])


def test_a_question_without_a_reason_only_waits_for_a_yes() -> None:
    answers: list[str] = []

    assert ask(None, answers.append, reason=False)[1].status_code == 200
    assert ask({}, answers.append, reason=False)[1].status_code == 302
    assert answers == [""]


def test_what_a_question_says_in_chinese_has_no_gap_behind_a_name() -> None:
    said = {"text": "将删除杭州站 的二维码。", "consequences": ["杭州站 的订单保留。"]}
    _asked, answer = ask(None, list, **said)

    assert "将删除杭州站的二维码。" in answer.content.decode()
    assert "杭州站的订单保留。" in answer.content.decode()


def test_what_a_question_is_refused_is_said_and_the_reason_is_kept() -> None:
    def refuse(_reason: str) -> None:
        raise Refused("It has ended.")

    _asked, answer = ask({"reason": "cable cut"}, refuse)

    assert "It has ended." in answer.content.decode() and "cable cut" in answer.content.decode()


def test_a_refusal_is_an_error_of_the_form() -> None:
    form = NameForm({"name": "Li"})

    def refuse() -> None:
        raise Refused("No.", field="name")

    assert attempt(form, lambda: 5) == 5
    assert attempt(form, refuse) is None
    assert form.errors == {"name": ["No."]}


class Asked(forms.Form):
    name = forms.CharField()
    note = forms.CharField(required=False)
    shown = forms.CharField(required=False, disabled=True)
    one_of = frozenset({"number", "file"})

    unit = forms.ChoiceField(required=False, choices=[("kw", "kW"), ("a", "A")])
    purpose = forms.ChoiceField(required=False, choices=[("", "–"), ("tx", "One charge")])
    whose = forms.ChoiceField(required=False, choices=[("", "Any"), ("us", "Ours")])
    number = forms.CharField(required=False)
    file = forms.FileField(required=False)
    models = forms.MultipleChoiceField(required=False, choices=[("x", "X")])


def test_a_field_is_called_optional_where_leaving_it_empty_says_nothing() -> None:
    assert {field.name for field in Asked() if is_optional(field)} == {"note", "purpose", "models"}
