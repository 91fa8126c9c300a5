"""What must hold before anything starts: permissions, scoped models, foreign keys, lists, addresses.

A fault here is a fault of the code, so it stops start-up and the tests (``manage.py check``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db import models
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from backoffice import layers
from backoffice.kit.icons import ICONS
from backoffice.kit.levels import Level
from backoffice.kit.lists import Resource, registered
from backoffice.kit.lists.listing import unreadable
from backoffice.kit.lists.views import names_of
from backoffice.kit.perms import Perm, declared
from backoffice.kit.rooms import Room
from backoffice.kit.scope import ScopedModel, scoped_models
from backoffice.menu import GROUPS, entries
from backoffice.roles import LETTERS, MATRIX

OPEN = {
    "healthz": "asked by supervisors, says nothing of tenants",
    "metrics": "scraped, says nothing of tenants",
    "live": "filters by the scope itself and answers 401 without one",
    "set_language": "keeps a cookie, and the choice of whoever is signed in",
    "account_invitation": "for whoever has the letter: the link says who that is",
    "tenants:logo": "stands on the pages of drivers, under a name that cannot be guessed",
    "finance:notice": "called by payment channels, signed",
}
"""Addresses without ``requires``, and why."""

OPEN_MODULES = {
    "allauth": "sign-in, for whoever is not signed in",
    "reports.views.shared": "big screens behind a link, which says what it shows",
    "finance.sandbox": "plays the payment platform",
    "scan": "drivers' pages, guarded by the driver's session and by tokens",
}
"""Modules whose views are all without ``requires``, and why."""

OWNERS = {"tenant", *(level.value for level in Level)}
"""Columns that the kit's base models give to every scoped row; they point at tenants."""


def check_matrix(**_: Any) -> list[CheckMessage]:
    """Every permission has a row, every row is a permission, every letter a role."""
    known: set[Perm] = set(declared())
    faults = [f"{perm} has no row" for perm in sorted(known - MATRIX.keys())]
    faults += [f"{perm} is no permission" for perm in sorted(MATRIX.keys() - known)]
    for perm, cells in MATRIX.items():
        letters = "".join(cells).replace("-", "")
        if len(cells) != len(Level) or set(letters) - LETTERS.keys():
            faults.append(f"{perm}: four cells of the letters {''.join(LETTERS)}, or -")
    return _errors("E001", "backoffice.roles", faults)


def check_scoped_models(**_: Any) -> list[CheckMessage]:
    """Foreign keys and refresh_from_db read through the base manager, so it must be the scoped one."""
    faults = [
        f"{model._meta.label}: base_manager_name is not 'objects' (its Meta must inherit)"
        for model in scoped_models(apps.get_models())
        if model._meta.base_manager_name != "objects"
    ]
    return _errors("E002", "backoffice.kit.scope", faults)


def check_layers(**_: Any) -> list[CheckMessage]:
    """A foreign key written as a string escapes the import rules; it obeys the same layers."""
    faults = []
    for model in apps.get_models():
        room = room_of(model)
        for field in model._meta.concrete_fields:
            target = field.related_model
            if target is None or not isinstance(target, type) or _is_owner(model, field):
                continue
            if not layers.may_refer(room, room_of(target)):
                faults.append(f"{model._meta.label}.{field.name} points up at {target._meta.label}")
    return _errors("E003", "backoffice.layers", faults)


def check_resources(**_: Any) -> list[CheckMessage]:
    """What a list declares exists: permissions, paths, addresses, icons."""
    faults = [f"{one.name}: {fault}" for one in registered() for fault in faults_of(one)]
    return _errors("E004", "backoffice.kit.lists", faults)


def check_menu(**_: Any) -> list[CheckMessage]:
    """Every entry of the menu stands in a group that exists and leads somewhere."""
    groups = {group.key for group in GROUPS}
    faults = [f"icon {group.icon} of {group.key}" for group in GROUPS if group.icon not in ICONS]
    for entry in entries():
        if entry.place.group not in groups:
            faults.append(f"{entry.url_name}: no group {entry.place.group}")
        if not _leads(entry.url_name):
            faults.append(f"{entry.url_name}: no such address")
    return _errors("E005", "backoffice.menu", faults)


def check_addresses(**_: Any) -> list[CheckMessage]:
    """Every address is a list's, or says what it requires, or is named here as open."""
    lists = {name for one in registered() for name in names_of(one)}
    faults = [
        f"{name or pattern.pattern} is not guarded by requires(), nor named in backoffice.checks"
        for name, pattern in addresses()
        if name not in lists and name not in OPEN and not is_guarded(pattern) and not _is_open(pattern)
    ]
    return _errors("E006", "backoffice.urls", faults)


CHECKS = (check_matrix, check_scoped_models, check_layers, check_resources, check_menu, check_addresses)


def faults_of(resource: Resource) -> Iterator[str]:
    """What is wrong with one list."""
    known = set(declared())
    columns = resource.table.base_columns
    shown = {path for column in columns.values() for path in column.sources}
    perms = {resource.view, resource.export, *(action.perm for action in resource.actions)}
    perms |= {action.perm for action in resource.page_actions} | {one.perm for one in columns.values()}
    perms |= {perm for page in resource.bulk_pages for perm in page.perms}
    for perm in perms - known - {None}:
        yield f"no permission {perm}"
    if resource.label not in shown:
        yield f"label {resource.label} is no path of a column"
    wanted = shown | {path for column in columns.values() for path in column.sort_paths}
    wanted |= {name.removeprefix("-") for name in resource.order} | {
        need for action in resource.actions for need in action.needs
    }
    for path in unreadable(resource, sorted(wanted)):
        yield f"{path} is neither a field nor an annotation"
    if not resource.path.endswith("/") or resource.path.startswith("/"):
        yield f"path {resource.path}: no slash before, one behind"
    if resource.detail and not _leads(resource.detail, "x", "1"):
        yield f"no address {resource.detail}"
    for page in resource.bulk_pages:
        if not _leads(page.to):
            yield f"no address {page.to}"
    buttons: list[Any] = [*resource.actions, *resource.page_actions, *resource.bulk_pages]
    icons = {button.icon for button in buttons}
    for icon in icons - {""} - ICONS.keys():
        yield f"no icon {icon}"


def room_of(model: type[models.Model]) -> str:
    """The room that a table stands in."""
    config = model._meta.app_config
    if isinstance(config, Room):
        return config.label
    return config.name.partition(".")[0] if config else ""


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """Every address with its full name."""
    yield from _below(get_resolver(), "")


def is_guarded(pattern: URLPattern) -> bool:
    """Does the view say what it requires?"""
    return hasattr(pattern.callback, "requires")


def _below(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _below(one, f"{prefix}{one.namespace}:" if one.namespace else prefix)
        else:
            yield f"{prefix}{one.name or ''}", one


def _is_open(pattern: URLPattern) -> bool:
    module = getattr(pattern.callback, "__module__", "")
    return any(module == name or module.startswith(f"{name}.") for name in OPEN_MODULES)


def _is_owner(model: type[models.Model], field: Any) -> bool:
    return (
        issubclass(model, ScopedModel)
        and field.name in OWNERS
        and field.related_model._meta.label == "tenants.Tenant"
    )


def _leads(name: str, *samples: str) -> bool:
    for args in ([], *([sample] for sample in samples)):
        try:
            reverse(name, args=args)
        except NoReverseMatch:
            continue
        return True
    return False


def _errors(code: str, where: str, faults: list[str]) -> list[CheckMessage]:
    return [Error(fault, obj=where, id=f"backoffice.{code}") for fault in faults]
