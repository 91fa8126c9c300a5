"""What the stations on the map are filtered by. The map is no list, but its filters are those of lists."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.kit.lists import ListFilters, filters
from stations import hooks
from stations.selectors.map import stations_of_model, stations_with
from stations.standing import Standing
from stations.wording import STANDINGS

ANY_ALARM, DANGEROUS = 4, 1
SUGGESTIONS = "stations.stations.options"
"""The list of stations has the same filter by tenant, and suggests to it."""


class OfModel(filters.Text):
    """Stations where a terminal of a model stands, by part of the model's name."""

    def condition(self, value):
        return stations_of_model(value)


class Standings(filters.Choice):
    """Stations where a connector stands so."""

    def condition(self, value):
        return stations_with(Standing(value))


class Alarmed(filters.Choice):
    """Stations with an alarm; the values are the mildest severity that counts."""

    def condition(self, value):
        return Q(pk__in=hooks.alarmed_stations(self.reader, int(value)))


class MapFilters(ListFilters):
    agency = filters.Subtree(label=_("Agency"))
    state = Standings(
        "pk",
        choices={standing.value: words for standing, words in STANDINGS.items()},
        label=_("A connector is"),
    )
    model = OfModel("pk", label=_("Model"))
    alarm = Alarmed(
        "pk",
        choices={str(ANY_ALARM): _("Open alarm"), str(DANGEROUS): _("Danger")},
        label=_("Alarm"),
    )

    def __init__(self, data, *, queryset, reader):
        super().__init__(data, queryset=queryset, reader=reader, suggest=SUGGESTIONS)
        if hooks.alarmed_stations(reader, ANY_ALARM) is None:
            del self.filters["alarm"]
