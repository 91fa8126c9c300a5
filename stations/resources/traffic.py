"""The list of commands."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, Place, Resource, columns, filters
from stations import selectors, tones
from stations.models import Command, CommandStatus
from stations.permissions import StationPerm


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
    empty=Empty(_("No command is like this"), _("What is asked of terminals stands here, with its outcome.")),
    live="commands",
)
