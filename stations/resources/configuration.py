"""Lists of templates of settings, and of settings that are wanted to be something."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.figures import NBSP
from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, PageAction, Place, Resource, Tab, columns, filters
from stations import selectors, tones
from stations.configuration import standard
from stations.models import ConfigurationKey, ConfigurationTemplate, DriftState
from stations.permissions import StationPerm
from stations.selectors.settings import DRIFTED


def measured_words(value: str | None, key: str) -> str:
    """A value with the unit that the specification gives its key."""
    known = standard(key)
    return f"{value}{NBSP}{known.unit}" if value and known and known.unit else value or ""


class TemplateTable(ListTable):
    model = columns.Link(
        "model__name",
        to="stations:template",
        sort=("model__name", "pk"),
        second=columns.Text("model__vendor"),
    )
    owner = columns.Text("tenant__name", head=_("Of"), sort=("tenant__name", "pk"))
    keys = columns.Number("key_count", head=_("Settings"))
    piles = columns.Number("pile_count", head=_("Terminals"))
    drift = columns.Number("drift_count", head=_("Differ"))
    edited_at = columns.When(sort=True)


class TemplateFilters(ListFilters):
    model = filters.Search("model__name", "model__vendor", label=_("Model"))
    owner = filters.Text("tenant__name", label=_("Of"))


TEMPLATES = Resource(
    name="stations.templates",
    path="configuration/templates/",
    title=_("Templates of settings"),
    model=ConfigurationTemplate,
    rows=selectors.template_list,
    table=TemplateTable,
    filters=TemplateFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="model__name",
    order=("model__name", "id"),
    detail="stations:template",
    menu=Place("stations", 66),
    page_actions=(
        PageAction(label=_("New template"), to="stations:template_new", perm=StationPerm.COMMAND_ENGINEER),
    ),
    empty=Empty(_("No template yet"), _("A template says what the terminals of a model are set to.")),
)


class DriftTable(ListTable):
    pile = columns.Link(
        "pile__name",
        to="stations:pile_configuration",
        key="pile__pk",
        head=_("Terminal"),
        sort=("pile__name", "pk"),
        second=columns.Text("pile__identity", head=_("Identity")),
    )
    model = columns.Text(
        "pile__model__name", head=_("Model"), second=columns.Text("pile__firmware", head=_("Firmware"))
    )
    station = columns.Text(
        "pile__station__name",
        head=_("Station"),
        sort=("pile__station__name", "pk"),
        second=columns.Text("tenant__name", head=_("Agency")),
    )
    key = columns.Text(sort=("key", "pk"), css="c-wide")
    value = columns.Text("value", "key", head=_("Reported"), show=measured_words)
    wanted = columns.Text("wanted", "key", head=_("Wanted"), show=measured_words)
    drift = columns.Badge(choices=DriftState, tones=tones.DRIFT)
    seen_at = columns.When(sort=True)


class DriftFilters(ListFilters):
    words = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
    drift = filters.Choice(choices=DriftState)
    key = filters.Text()
    model = filters.Text("pile__model__name", label=_("Model"))
    agency = filters.Subtree(label=_("Agency"))


DRIFT = Resource(
    name="stations.drift",
    path="configuration/drift/",
    title=_("Settings compared"),
    model=ConfigurationKey,
    rows=selectors.drift_list,
    table=DriftTable,
    filters=DriftFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="pile__name",
    order=("-id",),
    menu=Place("stations", 67),
    tabs=(
        Tab(name="differs", label=_("Differs"), rows=lambda: Q(drift__in=DRIFTED), kind="bad"),
        Tab(
            name="unread",
            label=pgettext_lazy("setting", "Not read"),
            rows=lambda: Q(drift=DriftState.UNKNOWN),
        ),
    ),
    opens_at="differs",
    empty=Empty(
        _("Nothing differs"), _("What terminals report otherwise than a template wants it stands here.")
    ),
    live="settings",
)
