"""The lists of commands, and of what terminals do that they should not."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit import cells
from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, Place, Resource, columns, filters
from stations import selectors, tones
from stations.models import Command, CommandStatus, Trouble
from stations.permissions import StationPerm
from stations.remarks import KINDS
from stations.security_events import AT_THE_DOOR
from stations.trouble_words import code_of, message_of, trouble_words, what_to_do


class CommandTable(ListTable):
    action = columns.Link(
        to="stations:command", sort=("action", "pk"), second=columns.Text("about", head=_("For"))
    )
    created_at = columns.When(sort=True)
    pile = columns.Text(
        "pile__name", head=_("Terminal"), sort=("pile__name", "pk"), second=columns.Number("connector_number")
    )
    actor_label = columns.Text(sort=("actor_label", "pk"), second=columns.Text("reason"))
    state = columns.Badge(choices=CommandStatus, tones=tones.COMMAND)
    said = columns.Text(head=_("The pile said"), second=columns.Text("error"))
    effect_note = columns.Text()
    latency_ms = columns.Number(sort=True)
    answered_at = columns.When(shown=False, sort=True)
    effect_at = columns.When(shown=False, sort=True)


class CommandFilters(ListFilters):
    created_at = filters.Period()
    pile = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
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
        second=columns.Text("example"),
    )
    count = columns.Number(sort=True)
    day = columns.Day(sort=True)
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
    menu=Place("stations", 75),
    empty=Empty(
        _("All terminals behave"),
        _("What a terminal sends that is not as the protocol says is counted here, by day."),
    ),
)
