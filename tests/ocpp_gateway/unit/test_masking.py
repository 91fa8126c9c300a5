"""Secrets stay out of everything that is kept."""

from __future__ import annotations

import json

import pytest

from ocpp_gateway.masking import MASK, is_secret, mask, mask_text, secrets_in

KEY = "00112233445566778899AABBCCDDEEFF"


@pytest.mark.statement(97)
@pytest.mark.parametrize(
    "key",
    [
        "AuthorizationKey",
        "authorizationkey",
        "BasicAuthPassword",
        "WifiPasswd",
        "Vendor.Secret",
        "WifiPSK",
        "apn_pwd",
    ],
)
def test_the_value_of_a_secret_key_is_masked(key: str) -> None:
    assert is_secret(key)
    text = json.dumps([2, "id", "ChangeConfiguration", {"key": key, "value": KEY}])
    assert KEY not in mask_text(text)
    assert key in mask_text(text)


@pytest.mark.statement(97)
def test_a_configuration_that_repeats_the_key_is_masked() -> None:
    answer = {
        "configurationKey": [
            {"key": "AuthorizationKey", "readonly": False, "value": KEY},
            {"key": "X", "value": "1"},
        ]
    }
    masked = mask(answer)
    assert masked["configurationKey"] == [
        {"key": "AuthorizationKey", "readonly": False, "value": MASK},
        {"key": "X", "value": "1"},
    ]
    assert answer["configurationKey"][0]["value"] == KEY


def test_other_text_is_untouched() -> None:
    text = '[2, "a", "MeterValues",  {"value": "1.0"}]'
    assert mask_text(text) == text
    assert not is_secret("MeterPublicKey1")
    assert not is_secret("HeartbeatInterval")


@pytest.mark.statement(97)
def test_a_secret_that_was_sent_is_masked_wherever_it_comes_back() -> None:
    secrets = secrets_in({"key": "AuthorizationKey", "value": KEY})
    assert KEY not in mask_text(f'[4,"id","InternalError","bad value {KEY.lower()}",{{}}]', secrets).upper()
    assert secrets_in({"key": "HeartbeatInterval", "value": "300"}) == ()
    assert secrets_in(["AuthorizationKey"]) == ()


def test_a_password_in_a_url_is_masked() -> None:
    masked = mask_text('[2,"id","GetDiagnostics",{"location":"ftp://user:pass@host/x"}]')
    assert "pass" not in masked
    assert "host/x" in masked


def test_what_is_no_json_and_names_a_secret_is_dropped() -> None:
    assert mask_text(f"garbage AuthorizationKey={KEY}") == MASK


def test_deep_nesting_is_cut() -> None:
    text = '{"key":"password","value":' + "[" * 900 + "]" * 900 + "}"
    assert mask_text(text)
