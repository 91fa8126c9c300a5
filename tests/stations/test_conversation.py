"""Reading what a pile said: searched, with both clocks and remarks, taken away, and spoken once more."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.perms import Role
from ocpp_gateway.wire import RefusalReason
from stations import intake
from stations.models import Frame, Pile, Trouble
from stations.remarks import KINDS
from stations.trouble_words import REFUSED, code_of, message_of, trouble_words, what_to_do
from tests.factories.stations import Talk, make_online_pile, make_pile
from tests.stations.browsing import browser, operator_of

pytestmark = pytest.mark.usefixtures("everything")


def say(pile: Pile, text: str, **over: object) -> None:
    fields = {"text": text, "size": len(text), **over}
    intake.keep_frames([Talk(pile).frame(str(fields.pop("action", "StatusNotification")), **fields)])


def test_a_message_shows_both_clocks_and_what_was_odd() -> None:
    pile = make_pile()
    late = (clock.now() - timedelta(seconds=90)).isoformat()
    say(
        pile,
        f'[2,"a","StatusNotification",{{"timestamp":"{late}"}}]',
        remarks=("missing:errorCode", "new:thing"),
    )
    page = browser(operator_of(pile)).get(reverse("stations:pile_messages", args=[pile.pk]))

    [line] = page.context["utterances"]
    assert (line.pile_time, line.behind) == (late, "+90 s")
    assert line.pile_clock.endswith(late[13:19]), "minutes and seconds are the same in every zone of ours"
    text = page.content.decode()
    assert "A required field is missing" in text and "<code>errorCode</code>" in text
    assert "new" in text, "a remark without words is not hidden"


def test_messages_are_searched_by_content_and_by_oddness() -> None:
    pile = make_pile()
    say(pile, '[2,"a","StatusNotification",{"info":"Door open"}]')
    say(pile, '[2,"b","StatusNotification",{}]', remarks=("missing:status",))
    say(pile, '[4,"c","InternalError","",{}]', kind="error")
    client, url = browser(operator_of(pile)), reverse("stations:pile_messages", args=[pile.pk])

    def found(**query: str) -> list[str]:
        return [line.payload for line in client.get(url, query).context["utterances"]]

    assert len(found()) == 3
    assert "Door open" in found(text="door OPEN")[0] and len(found(text="door OPEN")) == 1
    assert len(found(odd="on")) == 2
    assert found(text="%") == []


def test_a_conversation_is_taken_away_as_lines_in_its_order() -> None:
    pile, now = make_pile(), clock.now()
    for number in range(3):
        say(
            pile,
            f'[2,"{number}","Heartbeat",{{}}]',
            action="Heartbeat",
            at=now - timedelta(minutes=9 - number),
        )
    answer = browser(operator_of(pile)).get(reverse("stations:pile_messages_download", args=[pile.pk]))

    lines = [json.loads(line) for line in b"".join(answer).decode().splitlines()]
    assert [json.loads(line["text"])[1] for line in lines] == ["0", "1", "2"]
    assert lines[0]["direction"] == "in" and "attachment" in answer["Content-Disposition"]


def test_a_conversation_is_spoken_once_more_and_compared() -> None:
    pile, now = make_online_pile(), clock.now()
    beat = {"action": "Heartbeat", "message_id": "a", "at": now - timedelta(seconds=5)}
    say(pile, '[2,"a","Heartbeat",{}]', **beat)
    say(pile, '[3,"a",{"currentTime":"2020-01-01T00:00:00Z"}]', **beat, kind="result", inbound=False)
    say(pile, '[2,"b","NoSuchThing",{}]', action="NoSuchThing", message_id="b")
    say(pile, '[3,"b",{}]', action="NoSuchThing", message_id="b", kind="result", inbound=False)
    before = Frame.objects.count()
    page = browser(operator_of(pile)).get(reverse("stations:pile_messages_replay", args=[pile.pk]))

    first, second = page.context["lines"]
    assert first["same"], "only the time is another"
    assert "currentTime" in first["now"]
    assert not second["same"] and "NotImplemented" in second["now"]
    assert Frame.objects.count() == before, "nothing is stored by it"


def test_a_long_conversation_is_spoken_once_more_by_pages() -> None:
    pile, now = make_online_pile(), clock.now()
    for number in range(30):
        at = now - timedelta(seconds=60 - number)
        say(pile, f'[2,"{number}","Heartbeat",{{}}]', action="Heartbeat", message_id=f"{number}", at=at)
    client, address = browser(operator_of(pile)), reverse("stations:pile_messages_replay", args=[pile.pk])
    first = client.get(address, {"span": "1"})
    second = client.get(address + first.context["next_url"])

    assert (len(first.context["lines"]), len(second.context["lines"])) == (25, 5)
    assert first.context["lines"][-1]["at"] < second.context["lines"][0]["at"]
    assert not first.context["before_url"] and not second.context["next_url"]
    assert client.get(address, {"page": "²"}).context["page"].number == 1


def test_garbage_is_spoken_once_more_without_harm() -> None:
    pile = make_online_pile()
    for text in ("", "{", '[2,"x"]', "\ud7ff", '[2,"a","MeterValues",{"meterValue":[{"timestamp":7}]}]'):
        say(pile, text, kind="unknown" if not text.startswith("[2") else "call")
    client = browser(operator_of(pile))

    assert client.get(reverse("stations:pile_messages", args=[pile.pk])).status_code == 200
    assert client.get(reverse("stations:pile_messages_replay", args=[pile.pk])).status_code == 200


def test_what_a_pile_does_wrong_is_counted_by_day() -> None:
    pile = make_online_pile()
    for _time in range(3):
        say(pile, "[]", remarks=("missing:status", "missing:errorCode"))
    say(pile, "[4]", kind="error", action="Reset")
    say(pile, "x" * 500, remarks=("garbage:frame",), action="no such action at all", kind="unknown")

    counted = {(one.kind, one.action): (one.count, one.example) for one in Trouble.objects.filter(pile=pile)}
    assert counted["missing", "StatusNotification"] == (3, "status, errorCode")
    assert counted["error", "Reset"] == (1, "[4]")
    assert counted["garbage", ""] == (1, "frame"), "a name that a pile made up is no row of its own"


def test_refusals_takeovers_and_illegal_steps_are_counted_too() -> None:
    pile = make_online_pile()
    talk = Talk(pile, generation=5)
    intake.admit(talk.hello("wrong"))
    intake.admit(talk.hello("wrong"))
    intake.connect([talk.connected()])
    intake.report_status([talk.status(1, "Available"), talk.status(1, "Finishing")])

    counted = {(one.kind, one.action): one.count for one in Trouble.objects.filter(pile=pile)}
    assert counted["refused", "wrong_credentials"] == 2
    assert counted["takeover", ""] == 1
    assert counted["illegal", "StatusNotification"] == 1


def test_the_list_of_troubles_is_the_engineers() -> None:
    pile = make_pile()
    say(pile, "[]", remarks=("skew:timestamp",))
    url = reverse("stations.troubles")

    assert "A clock that is wrong" in browser(operator_of(pile), Role.ENGINEER).get(url).content.decode()
    assert browser(operator_of(pile), Role.FINANCE).get(url).status_code == 403


def test_a_trouble_is_told_in_words_with_what_to_do_and_its_code_beside() -> None:
    pile = make_online_pile()
    intake.admit(Talk(pile).hello("wrong"))
    page = browser(operator_of(pile), Role.ENGINEER).get(reverse("stations.troubles")).content.decode()

    assert "Wrong password" in page and "Give it a new password on its page" in page
    assert "refused:wrong_credentials" in page


def test_every_kind_of_trouble_and_every_refusal_of_a_known_terminal_has_words_and_advice() -> None:
    kinds = set(KINDS) - {REFUSED}
    reasons = {reason.value for reason in RefusalReason} - {"unknown_identity", "bad_identity", "tls_failed"}

    assert [kind for kind in kinds if not what_to_do(kind, "")] == []
    assert [one for one in reasons if not what_to_do(REFUSED, one)] == []
    assert [one for one in reasons if str(trouble_words(REFUSED, one)) == str(KINDS[REFUSED])] == []
    assert (trouble_words("new", ""), what_to_do("new", ""), code_of("new", "")) == ("new", "", "new")
    assert (code_of(REFUSED, "retired"), message_of(REFUSED, "retired")) == ("refused:retired", "")
    assert message_of("skew", "Heartbeat") == "Heartbeat"
