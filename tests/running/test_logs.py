"""A line of a log is one event as JSON, and says neither phones nor secrets."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from backoffice.logs import configuration, masked


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a logger of its own writes through the configured formatter."""
    settings = configuration("INFO")
    formatter = logging.config.DictConfigurator(settings).configure_formatter(
        settings["formatters"]["events"]
    )
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    logger.propagate = False
    yield written
    logger.removeHandler(handler)
    logger.propagate = True


def test_an_event_is_one_line_of_json_with_its_fields(lines: io.StringIO) -> None:
    logging.getLogger("tests.logs").warning("pile %s is\naway", "P-1", extra={"pile": "P-1", "tries": 3})

    (line,) = lines.getvalue().splitlines()
    event = json.loads(line)
    assert event["event"] == "pile P-1 is\naway"
    assert (event["level"], event["logger"], event["pile"], event["tries"]) == (
        "warning",
        "tests.logs",
        "P-1",
        3,
    )
    assert event["timestamp"].endswith("Z")


def test_a_traceback_stays_within_its_line_and_is_masked_too(lines: io.StringIO) -> None:
    try:
        raise ValueError("postgresql://pilehouse:hunter22@db/x refused +8613800004471")
    except ValueError:
        logging.getLogger("tests.logs").exception("failed")

    (line,) = lines.getvalue().splitlines()
    assert "hunter22" not in line
    assert "13800004471" not in line
    assert "ValueError" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("sms to +8613800004471", "13800004471"),
        ("Authorization: Basic QUwxMDAwOgABAg==", "QUwxMDAwOgABAg=="),
        ('{"AuthorizationKey": "00010203"}', "00010203"),
        ("password=correct-horse next", "correct-horse"),
        ("redis://:s3cret@127.0.0.1:6379/0", "s3cret"),
    ],
)
def test_phones_and_secrets_are_masked(said: str, hidden: str) -> None:
    assert hidden not in masked(said)


@pytest.mark.parametrize(
    "said", ["order QL-1122-04817", "journal 88214, 1204350 Wh", "pile +3 connectors", "12:00:00+08:00"]
)
def test_figures_that_are_no_phones_stay(said: str) -> None:
    assert masked(said) == said
