"""Credentials as bytes."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, strategies as st

from ocpp_gateway.auth import KeyForm, canonical, match, parse_basic, seal

PEPPER = b"pepper"
KEY = bytes(range(20))


def header(user: bytes, password: bytes, scheme: str = "Basic") -> str:
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
def test_the_known_headers_are_read_as_the_decoded_bytes(identity: str, key: str, text: str) -> None:
    user, password = parse_basic(text, identity)
    assert (user, password) == (identity, bytes.fromhex(key))
    assert password is not None
    assert match(password, seal(key.encode(), pepper=PEPPER), pepper=PEPPER) is KeyForm.RAW


@pytest.mark.statement(109)
@given(st.binary(min_size=16, max_size=20))
def test_a_key_is_accepted_as_bytes_and_as_digits_of_either_case(key: bytes) -> None:
    for stored in (key, key.hex().encode(), key.hex().upper().encode()):
        sealed = seal(stored, pepper=PEPPER)
        assert match(key, sealed, pepper=PEPPER) is KeyForm.RAW
        assert match(key.hex().encode(), sealed, pepper=PEPPER) is KeyForm.HEX
        assert match(key.hex().upper().encode(), sealed, pepper=PEPPER) is KeyForm.HEX


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_another_key_never_matches(key: bytes, other: bytes) -> None:
    same = canonical(key) == canonical(other)
    assert (match(other, seal(key, pepper=PEPPER), pepper=PEPPER) is not None) is same


def test_a_human_password_is_taken_as_it_is() -> None:
    assert match(b"secret", seal(b"secret", pepper=PEPPER), pepper=PEPPER) is KeyForm.RAW
    assert match(b"Secret", seal(b"secret", pepper=PEPPER), pepper=PEPPER) is None


def test_the_hash_needs_the_pepper_and_its_salt() -> None:
    sealed = seal(KEY, pepper=PEPPER)
    assert match(KEY, sealed, pepper=b"other") is None
    assert sealed != seal(KEY, pepper=PEPPER)
    assert KEY.hex() not in sealed
    assert seal(KEY, pepper=PEPPER, salt=b"s") == seal(KEY, pepper=PEPPER, salt=b"s")


@pytest.mark.parametrize(
    "sealed", ["", "x", "hmac-sha256$", "hmac-sha256$zz$00", "hmac-sha256$00$", "md5$00$00", "$$"]
)
def test_a_broken_hash_matches_nothing(sealed: str) -> None:
    assert match(b"", sealed, pepper=PEPPER) is None
    assert match(KEY, sealed, pepper=PEPPER) is None


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
    assert parse_basic(header(b"CP1", KEY, "bAsIc"), "CP1") == ("CP1", KEY)


def test_a_password_may_hold_colons_and_any_bytes() -> None:
    assert parse_basic(header(b"CP1", b"a:\xff:"), "CP1") == ("CP1", b"a:\xff:")


@pytest.mark.statement(110)
def test_another_user_name_is_told_as_it_came() -> None:
    assert parse_basic(header(b"CP2", KEY), "CP1") == ("CP2", KEY)
    user, _ = parse_basic(header(b"\xff", KEY), "CP1")
    assert user is not None
    assert user != "CP1"
