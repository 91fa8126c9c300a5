"""The list of pile models."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, PageAction, Place, Resource, columns, filters
from stations import selectors
from stations.models import Kind, PileModel
from stations.permissions import StationPerm


class ModelTable(ListTable):
    name = columns.Link(to="stations:model_edit", to_perm=StationPerm.MODELS_MANAGE, sort=("name", "pk"))
    vendor = columns.Text(sort=("vendor", "pk"))
    kind = columns.Text()
    connector_count = columns.Number(second=columns.Text("connector_type"), css="c-time")
    rated_kw = columns.Number(digits=1, sort=True)
    piles = columns.Number("pile_count", head=_("Terminals"))
    created_at = columns.When(shown=False, sort=True)


class ModelFilters(ListFilters):
    words = filters.Search("name", "vendor", label=_("Name or vendor"))
    kind = filters.Choice(choices=Kind)
    power = filters.Between("rated_kw", label=_("Rated power, kW"))


MODELS = Resource(
    name="stations.models",
    path="pile-models/",
    title=_("Pile models"),
    model=PileModel,
    rows=selectors.model_list,
    table=ModelTable,
    filters=ModelFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="name",
    order=("name", "id"),
    menu=Place("stations", 60),
    page_actions=(PageAction(label=_("New model"), to="stations:model_new", perm=StationPerm.MODELS_MANAGE),),
    empty=Empty(_("No model is like this"), _("Models come from the manufacturer.")),
)
