"""Keys of piles, as bytes from end to end."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from stations.credentials import NO_KEY, BadKey, KeyForm, match, new_key, seal

KEYS = st.binary(min_size=16, max_size=20)


def test_a_new_key_is_twenty_random_bytes_in_hexadecimal() -> None:
    keys = {new_key() for _ in range(50)}

    assert len(keys) == 50
    assert all(len(bytes.fromhex(key)) == 20 for key in keys)


@given(KEYS)
def test_a_pile_may_send_the_bytes_or_the_digits_of_its_key(key: bytes) -> None:
    sealed = seal(key.hex())

    assert match(key, sealed) is KeyForm.RAW
    assert match(key.hex().encode(), sealed) is KeyForm.HEX
    assert match(key.hex().upper().encode(), sealed) is KeyForm.HEX


@given(KEYS, st.binary(max_size=60))
def test_anything_else_is_refused(key: bytes, other: bytes) -> None:
    sealed = seal(key.hex())
    if other not in {key, key.hex().encode(), key.hex().upper().encode()}:
        assert match(other, sealed) is None


@given(st.binary(max_size=60))
def test_where_there_is_no_key_nothing_fits(offered: bytes) -> None:
    assert match(offered, NO_KEY) is None


@pytest.mark.parametrize(
    "key", ["", "secret", "0" * 31, "0" * 33, "0" * 42, "g" * 40, "é" * 40, "0" * 39 + "\n"]
)
def test_a_key_has_32_to_40_hexadecimal_digits_of_whole_bytes(key: str) -> None:
    with pytest.raises(BadKey):
        seal(key)


def test_two_seals_of_one_key_differ_and_neither_shows_it() -> None:
    key = new_key()
    first, second = seal(key), seal(key)

    assert first != second
    assert key not in first.digest + first.salt


@pytest.mark.statement(109)
def test_the_keys_of_the_security_paper_fit() -> None:
    # Domain 1.14: what is after "AL1000:" and "RDAM 123:" in their Basic headers.
    assert match(
        bytes.fromhex("0001020304050607FFFFFFCCCCCCCCCCCC"), seal("0001020304050607FFFFFFCCCCCCCCCCCC")
    )
    assert match(bytes(range(20)), seal("000102030405060708090a0b0c0d0e0f10111213"))
