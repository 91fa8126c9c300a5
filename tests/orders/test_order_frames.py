"""The page of an order shows what was said about it, and nothing of what was said about others."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from backoffice.kit.perms import Role
from backoffice.kit.scope import unscoped
from orders.models import ChargingOrder
from stations.models import Frame
from tests.factories.orders import Site, again, make_settled_order
from tests.factories.rows import make_row
from tests.orders.staff import Desk, order_url


def say(site: Site, action: str, message: str, payload: Any, *, seconds: int, kind: str = "call") -> None:
    """A frame so many seconds after the start of the site's last order."""
    text = json.dumps([2, message, action, payload] if kind == "call" else [3, message, payload])
    with unscoped(reason="tests"):
        order = ChargingOrder.objects.latest("pk")
        assert order.started_at is not None
        make_row(
            Frame,
            site.agency,
            pile=site.pile,
            generation=1,
            at=order.started_at + timedelta(seconds=seconds),
            inbound=kind == "call",
            kind=kind,
            action=action,
            message_id=message,
            text=text,
        )


def shown(site: Site, order: ChargingOrder, role: Role = Role.OWNER) -> list[tuple[str, str]] | None:
    utterances = Desk(site, role).get(order_url(order)).context["utterances"]
    return utterances and [(one.unique_id, one.kind) for one in utterances]


def test_frames_about_the_order_stand_there_in_order_with_their_answers(site: Site) -> None:
    order = again(make_settled_order(site))
    mine, other = order.transaction_id, 999_999_999
    say(site, "StopTransaction", "stop", {"transactionId": mine, "meterStop": 1}, seconds=480)
    say(site, "StartTransaction", "start", {"connectorId": 1, "meterStart": 0}, seconds=0)
    say(site, "StartTransaction", "start", {"transactionId": mine}, seconds=1, kind="result")
    say(site, "MeterValues", "reading", {"connectorId": 1, "transactionId": mine}, seconds=60)
    say(site, "StartTransaction", "beside", {"connectorId": 2, "meterStart": 0}, seconds=5)
    say(site, "StartTransaction", "beside", {"transactionId": other}, seconds=6, kind="result")
    say(site, "StopTransaction", "theirs", {"transactionId": other}, seconds=300)
    say(site, "StopTransaction", "odd", ["no", "object"], seconds=301, kind="result")

    assert shown(site, order) == [("start", "call"), ("start", "result"), ("stop", "call")]
    page = Desk(site).read(order_url(order))
    assert "What was said about it" in page and "All messages" in page


def test_who_may_not_read_frames_reads_none_there(site: Site) -> None:
    order = make_settled_order(site)
    say(site, "StartTransaction", "start", {"connectorId": 1}, seconds=0)
    assert shown(site, order, Role.FINANCE) is None
    assert "What was said about it" not in Desk(site, Role.FINANCE).read(order_url(order))


def test_an_order_of_which_no_frame_is_kept_has_no_empty_part(site: Site) -> None:
    order = make_settled_order(site)
    assert shown(site, order) == []
    assert "What was said about it" not in Desk(site).read(order_url(order))
