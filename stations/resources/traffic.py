"""The lists of commands, and of what terminals do that they should not."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _, pgettext_lazy

from backoffice.kit import cells
from backoffice.kit.deeds import doer_words
from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, Place, Resource, columns, filters
from backoffice.kit.reasons import reason_words
from stations import selectors, tones
from stations.command_words import about_words, effect_words
from stations.event_words import status_words
from stations.models import Command, CommandStatus, Trouble, letter_of
from stations.permissions import StationPerm
from stations.remarks import KINDS
from stations.security_events import AT_THE_DOOR
from stations.trouble_words import code_of, message_of, trouble_words, what_to_do

WELL = {"queued", "sent", "accepted", "effect_seen"}
IN_VAIN = [state for state in CommandStatus.values if state not in WELL]
EDGES = 2
"""A step has two ends."""


def connector_words(number):
    """The letter of a connector; none where it is about the whole terminal."""
    return letter_of(number) if number else ""


class CommandTable(ListTable):
    action = columns.Link(
        to="stations:command",
        sort=("action", "pk"),
        second=columns.Text("about", head=_("For"), show=about_words),
    )
    created_at = columns.When(sort=True)
    pile = columns.Text(
        "pile__name",
        head=_("Terminal"),
        sort=("pile__name", "pk"),
        second=columns.Text("pile__station__name", head=_("Station")),
    )
    connector = columns.Text("connector_number", head=_("Connector"), show=connector_words)
    actor_label = columns.Text(
        "actor_label",
        "actor_ref",
        show=doer_words,
        sort=("actor_label", "pk"),
        second=columns.Text("reason", show=reason_words),
    )
    state = columns.Badge(choices=CommandStatus, tones=tones.COMMAND)
    said = columns.Text(head=_("The pile said"), second=columns.Text("error"))
    effect_note = columns.Text(show=effect_words)
    latency_ms = columns.Number(sort=True)
    answered_at = columns.When(shown=False, sort=True)
    effect_at = columns.When(shown=False, sort=True)


class CommandFilters(ListFilters):
    created_at = filters.Period()
    pile = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
    asked = filters.Cases(
        {
            "people": (_("By people"), lambda: ~selectors.automatic()),
            "automatic": (_("Automatic"), selectors.automatic),
            "vain": (_("Not accepted"), lambda: Q(state__in=IN_VAIN)),
        },
        label=_("Which"),
    )
    action = filters.Text()
    state = filters.Choice(choices=CommandStatus)
    agency = filters.Subtree(label=_("Agency"))
    actor = filters.Text("actor_label", label=_("By"))


COMMANDS = Resource(
    name="stations.commands",
    path="commands/",
    title=_("Commands"),
    model=Command,
    rows=selectors.command_list,
    table=CommandTable,
    filters=CommandFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="action",
    order=("-created_at", "-id"),
    detail="stations:command",
    menu=Place("stations", 70),
    empty=Empty(_("No command yet"), _("What is asked of terminals stands here, with its outcome.")),
    live="commands",
)


def example_words(kind, example):
    """What the last one was; a step between states names its connector and both states."""
    number, _colon, step = example.partition(": ")
    states = step.split(" -> ")
    if kind != "illegal" or not number.isdecimal() or len(states) != EDGES:
        return example
    place = letter_of(int(number)) if int(number) else gettext("Terminal")
    return f"{place}: {' → '.join(str(status_words(one)) for one in states)}"


class Sentence(columns.Text):
    """Words that are to be read whole, on as many lines as they take."""

    css = "c-wide"

    def html(self, values, reader, second):
        words = self.words(values, reader)
        return cells.two_lines(words, second) if words or second else cells.NONE


class TroubleTable(ListTable):
    pile = columns.Link(
        "pile__name",
        to="stations:pile",
        key="pile__id",
        head=_("Terminal"),
        second=columns.Text("pile__identity", head=_("Identity")),
    )
    kind = Sentence(
        "kind",
        "action",
        show=trouble_words,
        second=columns.Text("kind", "action", head=_("Code"), show=code_of),
    )
    advice = Sentence("kind", "action", head=_("What to do"), show=what_to_do)
    action = columns.Text(
        "kind",
        "action",
        head=_("Message"),
        show=message_of,
        sort=("action", "pk"),
        second=columns.Text("kind", "example", head=_("Example"), show=example_words),
    )
    count = columns.Number(sort=True)
    day = columns.Day(head=_("Day (UTC)"), sort=True, shown=False)
    last_at = columns.When(sort=True)
    first_at = columns.When(shown=False)


class TroubleFilters(ListFilters):
    last_at = filters.Period()
    pile = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
    kind = filters.Choice(choices=KINDS)
    reason = filters.Choice("action", choices=AT_THE_DOOR, label=_("Reason of the refusal"))
    action = filters.Text()
    agency = filters.Subtree(label=_("Agency"))


TROUBLES = Resource(
    name="stations.troubles",
    path="piles/troubles/",
    title=_("Refused and misbehaving"),
    model=Trouble,
    rows=selectors.troubles,
    table=TroubleTable,
    filters=TroubleFilters,
    view=StationPerm.FRAMES_VIEW,
    export=StationPerm.EXPORT,
    label="kind",
    order=("-last_at", "-id"),
    menu=Place("stations", 75, label=pgettext_lazy("menu", "Trouble")),
    empty=Empty(
        _("All terminals behave"),
        _("What a terminal sends that is not as the protocol says is counted here, by day."),
    ),
)
