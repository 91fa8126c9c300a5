"""One URL says how mail leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from backoffice.settings.mail import mail_settings


def test_without_a_url_mail_is_written_to_files(tmp_path: Path) -> None:
    found = mail_settings("", tmp_path)

    assert found["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert found["EMAIL_FILE_PATH"] == str(tmp_path / "mail")


def test_user_and_password_are_decoded_and_tls_is_asked_for(tmp_path: Path) -> None:
    found = mail_settings("smtp://me%40pilehouse:p%3Aw@mail.example:587?tls=true", tmp_path)

    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@pilehouse", "p:w")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (True, False)


def test_smtps_is_encrypted_from_the_first_byte(tmp_path: Path) -> None:
    found = mail_settings("smtps://mail.example", tmp_path)

    assert (found["EMAIL_PORT"], found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (465, True, False)


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://"])
def test_another_url_stops_the_start_with_its_name(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="EMAIL_URL"):
        mail_settings(url, tmp_path)
