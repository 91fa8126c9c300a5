"""What a handshake says."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from ocpp_gateway.handshake import STATUSES, identity_in, parse_basic
from ocpp_gateway.wire import RefusalReason


@pytest.mark.statement(1)
@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/ocpp/CP1", "CP1"),
        ("/CP1", "CP1"),
        ("//CP1", "CP1"),
        ("/ocpp//CP1", "CP1"),
        ("/ocpp/CP1/", "CP1"),
        ("/ocpp/CP1//?x=/y", "CP1"),
        ("/any/path/at/all/CP1", "CP1"),
        ("/ocpp/RDAM%20123", "RDAM 123"),
        ("/ocpp/GaroCS-4133AAAA46980", "GaroCS-4133AAAA46980"),
        ("/ocpp/TACW1142021G1020.1", "TACW1142021G1020.1"),
        ("/ocpp/%E6%A1%A91", "桩1"),
        ("/ocpp/a+b", "a+b"),
    ],
)
def test_the_identity_is_the_last_segment_decoded(path: str, identity: str) -> None:
    assert identity_in(path) == identity


@pytest.mark.statement(2)
@pytest.mark.parametrize(
    "path",
    ["/", "", "/ocpp", "/ocpp/", "/ocpp/%", "/ocpp/%zz", "/ocpp/%2", "/ocpp/%ff", "/ocpp/a%2Fb", "/ocpp/a%00b",
     "/ocpp/a%0Ab", "/ocpp/a%3Fb", "/ocpp/" + "x" * 256],
)  # fmt: skip
def test_a_path_without_a_possible_identity_has_none(path: str) -> None:
    assert identity_in(path) is None


@given(
    st.text(
        st.characters(blacklist_characters="/?#\x7f", min_codepoint=32, blacklist_categories=("Cs",)),
        min_size=1,
        max_size=50,
    )
)
def test_every_identity_survives_its_encoding(identity: str) -> None:
    expected = None if identity == "ocpp" else identity
    assert identity_in(f"/ocpp/{quote(identity, safe='')}") == expected


def test_every_reason_to_refuse_has_a_status() -> None:
    assert set(STATUSES) == set(RefusalReason)


def basic(user: bytes, password: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(user + b':' + password).decode()}"


@pytest.mark.statement(109)
@pytest.mark.parametrize(
    ("identity", "key", "text"),
    [
        ("AL1000", "0001020304050607FFFFFFCCCCCCCCCCCC", "Basic QUwxMDAwOgABAgMEBQYH////zMzMzMzM"),
        (
            "RDAM 123",
            "000102030405060708090A0B0C0D0E0F10111213",
            "Basic UkRBTSAxMjM6AAECAwQFBgcICQoLDA0ODxAREhM=",
        ),
    ],
)
def test_a_key_in_the_header_is_read_as_bytes(identity: str, key: str, text: str) -> None:
    assert parse_basic(text, identity) == (identity, bytes.fromhex(key))


@pytest.mark.statement(109)
@given(st.binary(max_size=40))
def test_a_password_may_hold_any_bytes(password: bytes) -> None:
    assert parse_basic(basic(b"CP1", password), "CP1") == ("CP1", password)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Bearer abc",
        "Basic " + base64.b64encode(b"nocolon").decode(),
        "Basic é",
    ],
)
def test_a_header_without_credentials_gives_none(text: str | None) -> None:
    assert parse_basic(text, "CP1") == (None, None)


def test_the_scheme_is_read_in_any_case() -> None:
    assert parse_basic(basic(b"CP1", b"key", "bAsIc"), "CP1") == ("CP1", b"key")


@pytest.mark.statement(110)
def test_another_user_name_is_told_as_it_came() -> None:
    assert parse_basic(basic(b"CP2", b"key"), "CP1") == ("CP2", b"key")
    user, _ = parse_basic(basic(b"\xff", b"key"), "CP1")
    assert user is not None
    assert user != "CP1"
