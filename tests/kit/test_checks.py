"""The checks before start-up find the faults that they are for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks
from django.urls import path

from backoffice import checks, layers, roles
from backoffice.kit import menu
from backoffice.kit.lists import PageAction, Place, Resource, RowAction, registered, resource as registry
from orders.models import ChargingOrder
from stations.models import Station
from tenants.permissions import TenantPerm
from tests.architecture.test_rooms import CONTRACTS


def messages(check: Callable[..., Any]) -> list[str]:
    return [fault.msg for fault in check()]


def test_the_product_has_no_fault() -> None:
    assert [fault for fault in run_checks() if fault.id and fault.id.startswith("backoffice.")] == []


def test_a_permission_without_a_row_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(roles.MATRIX, TenantPerm.VIEW)

    assert messages(checks.check_matrix) == ["tenants.view has no row"]


@pytest.mark.parametrize("cells", [("O", "O", "O"), ("X", "O", "O", "O"), ("o", "-", "-", "-")])
def test_a_row_that_cannot_be_read_is_found(cells: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(roles.MATRIX, TenantPerm.VIEW, cells)

    [fault] = messages(checks.check_matrix)
    assert "four cells" in fault


def test_a_scoped_model_with_another_base_manager_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Station._meta, "base_manager_name", None)

    [fault] = messages(checks.check_scoped_models)
    assert "stations.Station" in fault


def test_a_foreign_key_that_points_up_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Station._meta.get_field("tariff")
    monkeypatch.setattr(field, "related_model", ChargingOrder)

    assert messages(checks.check_layers) == ["stations.Station.tariff points up at orders.ChargingOrder"]


def test_the_layers_are_those_of_the_import_rules() -> None:
    contract = CONTRACTS["A room imports only from rooms below it"]["layers"]
    read = [
        frozenset(part.strip(" ()").removeprefix("backoffice.") for part in line.split("|"))
        for line in contract
        if "ocpp_gateway" not in line
    ]

    assert list(layers.LAYERS) == read


def test_rooms_on_one_line_do_not_know_each_other() -> None:
    assert not layers.may_refer("stations", "finance")
    assert not layers.may_refer("drivers", "stations")
    assert layers.may_refer("orders", "stations") and layers.may_refer("orders", "orders")


def broken(**over: Any) -> Resource:
    return replace(registered()[0], **over)


@pytest.mark.parametrize(
    ("over", "fault"),
    [
        ({"view": "nobody.may"}, "no permission nobody.may"),
        ({"label": "ip_address"}, "label ip_address is no path of a column"),
        ({"order": ("-nope",)}, "nope is neither a field nor an annotation"),
        ({"path": "/tenants"}, "no slash before, one behind"),
        ({"detail": "no.such.page"}, "no address no.such.page"),
        (
            {"page_actions": (PageAction(label="New", to="jobs", perm=TenantPerm.VIEW, icon="nope"),)},
            "no icon nope",
        ),
        (
            {
                "actions": (
                    RowAction(
                        name="x",
                        label="X",
                        run=lambda *_a, **_k: None,
                        perm=TenantPerm.VIEW,
                        needs=("nope__x",),
                    ),
                )
            },
            "nope__x is neither a field nor an annotation",
        ),
    ],
)
def test_what_a_list_declares_must_exist(over: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in checks.faults_of(broken(**over)))


def test_a_name_or_path_that_is_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="taken by"):
        registry.register(broken(path="elsewhere/"))
    with pytest.raises(ValueError, match="taken by"):
        registry.register(broken(name="elsewhere"))


def test_an_address_that_nobody_guards_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = path("stranger/", lambda _request: None, name="stranger")
    monkeypatch.setattr(checks, "addresses", lambda: [("stranger", stranger)])

    [fault] = messages(checks.check_addresses)
    assert fault.startswith("stranger is not guarded")


def test_every_open_address_has_its_reason_and_exists() -> None:
    names = {name for name, _pattern in checks.addresses()}

    assert set(checks.OPEN) <= names
    assert all(checks.OPEN.values()) and all(checks.OPEN_MODULES.values())


def test_a_menu_entry_that_leads_nowhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(menu, "_added", [menu.Entry(Place("nowhere"), "Nowhere", "no.such.page", None)])

    assert messages(checks.check_menu) == [
        "no.such.page: no group nowhere",
        "no.such.page: no such address",
    ]
