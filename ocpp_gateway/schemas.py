"""The OCPP 1.6 JSON schemas, compiled once for the process.

Strict outward: nothing leaves that its schema refuses. Inward they are not asked at all, ``reading``
is. Formats are not checked by the schemas (the OCA's own central-system tests do not), so the
writers of timestamps are what keeps them right.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

import jsonschema_rs
import orjson


class SchemaError(ValueError):
    """A payload that must not leave. ``where`` is a JSON pointer into it."""

    def __init__(self, message: str, where: str) -> None:
        super().__init__(f"{where or '/'}: {message}")
        self.where = where


def _compile() -> dict[str, jsonschema_rs.Validator]:
    folder = resources.files("ocpp.v16") / "schemas"
    return {
        file.name.removesuffix(".json"): jsonschema_rs.validator_for(
            orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf")), validate_formats=False
        )
        for file in folder.iterdir()
        if file.name.endswith(".json")
    }


_VALIDATORS: Final[Mapping[str, jsonschema_rs.Validator]] = _compile()

ACTIONS: Final[frozenset[str]] = frozenset(name for name in _VALIDATORS if not name.endswith("Response"))
"""Every action of OCPP 1.6 and its security extension, in both directions."""


def check_request(action: str, payload: Mapping[str, Any]) -> None:
    """Raises SchemaError when the payload may not be sent as a CALL, KeyError for an unknown action."""
    _check(_VALIDATORS[action], payload)


def check_response(action: str, payload: Mapping[str, Any]) -> None:
    """Raises SchemaError when the payload may not be sent as a CALLRESULT to that action."""
    _check(_VALIDATORS[action + "Response"], payload)


def _check(validator: jsonschema_rs.Validator, payload: Mapping[str, Any]) -> None:
    try:
        validator.validate(payload)
    except jsonschema_rs.ValidationError as error:
        where = "".join(f"/{step}" for step in error.instance_path)
        raise SchemaError(_explain(error), where) from None


_NAMES_ONLY = frozenset({"required", "additionalProperties"})


def _explain(error: jsonschema_rs.ValidationError) -> str:
    """What rule was broken. Never the value, it may be a secret; the named rules show field names only."""
    rule = str(error.schema_path[-1])
    return error.message if rule in _NAMES_ONLY else f"breaks {rule}"
