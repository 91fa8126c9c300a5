"""What a handshake says."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from ocpp_gateway.handshake import STATUSES, identity_in
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
