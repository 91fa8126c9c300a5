"""How somebody reads: density and the folded menu, kept with the person."""

from __future__ import annotations

import pytest

from tenants.models import User
from tests.factories.tenants import make_forest, make_member
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db


def test_density_and_the_folded_menu_are_kept_with_the_person() -> None:
    member = make_member(make_forest().operator)
    client = client_of(member.user)

    client.post("/personal/display/", {"density": "compact"})
    answer = client.post("/personal/display/", {"folded": "1", "next": "/tenants/"})

    page = client_of(User.objects.get(pk=member.user_id)).get("/tenants/").content.decode()
    assert answer["Location"] == "/tenants/"
    assert 'data-folded data-density="compact"' in page
    client.post("/personal/display/", {"folded": "0"})
    user = User.objects.get(pk=member.user_id)
    assert (user.folded, user.density) == (False, "compact")


@pytest.mark.parametrize("form", [{}, {"density": "huge"}, {"density": "\0"}, {"theme": "dark"}])
def test_what_is_no_choice_is_404_and_changes_nothing(form: dict[str, str]) -> None:
    member = make_member(make_forest().operator)

    assert client_of(member.user).post("/personal/display/", form).status_code == 404
    user = User.objects.get(pk=member.user_id)
    assert (user.folded, user.density) == (False, "usual")
