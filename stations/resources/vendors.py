"""The list of vendor messages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Empty
from backoffice.kit.lists import (
    ListFilters,
    ListTable,
    PageAction,
    Place,
    Resource,
    RowAction,
    columns,
    filters,
)
from stations import selectors
from stations.models import VendorMessage
from stations.models.vendors import Direction, VendorAnswer
from stations.permissions import StationPerm
from stations.services import vendors


def message_name(message, vendor):
    """By its own name; one that stands for all of a vendor has none."""
    return message or vendor


def answer_words(answer, direction):
    """What terminals are told. To what we send them they answer, not we."""
    return "" if direction == Direction.TO_PILE else VendorAnswer(answer).label


class VendorMessageTable(ListTable):
    message_id = columns.Link(
        "message_id",
        "vendor_id",
        show=message_name,
        to="stations:vendor_message_edit",
        to_perm=StationPerm.MODELS_MANAGE,
        sort=("message_id", "pk"),
        second=columns.Text("vendor_id"),
    )
    label = columns.Text(css="c-wide")
    direction = columns.Text()
    answer = columns.Text("answer", "direction", show=answer_words, sort=("answer", "pk"))
    content = columns.Text()
    created_at = columns.When(shown=False, sort=True)


class VendorMessageFilters(ListFilters):
    words = filters.Search("vendor_id", "message_id", "label", label=_("Vendor or message"))
    direction = filters.Choice(choices=Direction)
    answer = filters.Choice(choices=VendorAnswer)


REMOVE = RowAction(
    name="remove",
    label=_("Remove…"),
    run=vendors.remove_vendor_message,
    perm=StationPerm.MODELS_MANAGE,
    tone="stop",
    reason=True,
    bulk=True,
    text=_("Terminals that send it are told that it is unknown."),
    done=_("Removed."),
)

VENDOR_MESSAGES = Resource(
    name="stations.vendor_messages",
    path="pile-models/vendor-messages/",
    title=_("Vendor messages"),
    model=VendorMessage,
    rows=selectors.vendor_messages,
    table=VendorMessageTable,
    filters=VendorMessageFilters,
    view=StationPerm.COMMAND_ENGINEER,
    export=StationPerm.EXPORT,
    label="message_id",
    order=("vendor_id", "id"),
    menu=Place("stations", 65),
    actions=(REMOVE,),
    page_actions=(
        PageAction(
            label=_("New vendor message"), to="stations:vendor_message_new", perm=StationPerm.MODELS_MANAGE
        ),
    ),
    empty=Empty(
        _("No vendor message is agreed on"),
        _("Until then, whatever terminals send as DataTransfer is kept and answered as unknown."),
    ),
)
