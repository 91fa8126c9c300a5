"""The stations that the rows of a file name, by code or by name, read at once under the scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.kit.imports import Row
from stations.models import Station


class Places:
    """Codes are unique; a name may be that of several stations, and then it says nothing."""

    def __init__(self, rows: Sequence[Row]) -> None:
        codes = {code.upper() for row in rows if (code := row.values.get("station_code"))}
        names = {name for row in rows if (name := row.values.get("station"))}
        self.found = list(
            Station.objects.filter(Q(code__in=codes) | Q(name__in=names)).select_related("tenant")
        )
        self._by_code = {station.code: station for station in self.found}
        self._by_name: dict[str, list[Station]] = defaultdict(list)
        for station in self.found:
            self._by_name[station.name].append(station)

    def named(self, code: str | None, name: str | None) -> Station:
        """The station; the code counts where both are given. Raises LookupError, worded for the user."""
        if code:
            found = self._by_code.get(code.upper())
            if found is None:
                raise LookupError(_("There is no station with this code."))
            return found
        stations = self._by_name.get(name or "", [])
        if not stations:
            raise LookupError(_("There is no station of this name."))
        if len(stations) > 1:
            raise LookupError(_("Several stations are called so. Give the code of the station."))
        return stations[0]
