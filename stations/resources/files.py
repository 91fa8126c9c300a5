"""Lists of firmware, updates and uploads."""

from __future__ import annotations

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.deeds import doer_words
from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, PageAction, Place, Resource, columns, filters
from stations import selectors, tones
from stations.file_wording import reason_words
from stations.models import (
    Firmware,
    FirmwareJob,
    FirmwareState,
    UpdateStatus,
    UploadJob,
    UploadKind,
    UploadStatus,
)
from stations.permissions import StationPerm

MIB = 1024 * 1024


class FirmwareTable(ListTable):
    version = columns.Link(
        to="stations:firmware", sort=("version", "pk"), second=columns.Text("file_name", head=_("File"))
    )
    pile_models = columns.Text("model_names", head=_("Models"), show=", ".join, css="c-wide")
    state = columns.Badge(choices=FirmwareState, tones=tones.FIRMWARE)
    signed = columns.YesNo("has_signature", head=_("Signed"), tones={True: "charging", False: "plain"})
    piles = columns.Number("pile_count", head=_("Run it"))
    size = columns.Number(head=_("Size, MiB"), digits=2, scale=MIB, sort=True)
    created_at = columns.When(sort=True)
    uploaded_by = columns.Text()
    sha256 = columns.Text(shown=False)


class FirmwareFilters(ListFilters):
    words = filters.Search("version", "file_name", "notes", label=_("Version or file"))
    model = filters.Text("pile_models__name", label=_("Model"))
    state = filters.Choice(choices=FirmwareState)
    created_at = filters.Period()


FIRMWARE = Resource(
    name="stations.firmware",
    path="firmware/",
    title=_("Firmware"),
    model=Firmware,
    rows=selectors.firmware_list,
    table=FirmwareTable,
    filters=FirmwareFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="version",
    order=("-created_at", "-id"),
    detail="stations:firmware",
    menu=Place("stations", 62),
    page_actions=(
        PageAction(label=_("Upload firmware"), to="stations:firmware_new", perm=StationPerm.MODELS_MANAGE),
    ),
    empty=Empty(_("No firmware yet"), _("Firmware comes from the manufacturer.")),
)


class FirmwareJobTable(ListTable):
    pile = columns.Link(
        "pile__name",
        to="stations:pile_files",
        key="pile__pk",
        head=_("Terminal"),
        sort=("pile__name", "pk"),
        second=columns.Text("pile__identity", head=_("Identity")),
    )
    firmware = columns.Text(
        "firmware__version",
        head=_("Firmware"),
        second=columns.Text("version_before", head=pgettext_lazy("firmware", "Before")),
    )
    state = columns.Badge(choices=UpdateStatus, tones=tones.UPDATE)
    reason = columns.Text(show=reason_words, css="c-wide")
    version_seen = columns.Text(head=_("Reported afterwards"))
    created_at = columns.When(sort=True)
    actor_label = columns.Text("actor_label", "actor_ref", show=doer_words, sort=("actor_label", "pk"))
    heard_at = columns.Ago(head=_("Last report"), sort=True)
    finished_at = columns.When(sort=True)
    signed = columns.YesNo(shown=False)
    downloads = columns.Number(shown=False, sort=True)
    retrieve_at = columns.When(shown=False, sort=True)


class FirmwareJobFilters(ListFilters):
    created_at = filters.Period()
    pile = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
    state = filters.Choice(choices=UpdateStatus)
    version = filters.Text("firmware__version", label=_("Firmware"))
    agency = filters.Subtree(label=_("Agency"))
    signed = filters.YesNo(yes=_("Signed"), no=_("Not signed"))
    proof = filters.Cases(
        {
            "other": (
                _("Installed, and another version is reported"),
                lambda: (
                    Q(state=UpdateStatus.INSTALLED)
                    & ~Q(version_seen="")
                    & ~Q(version_seen__iexact=F("firmware__version"))
                ),
            ),
            "unseen": (
                _("Installed, and not restarted since"),
                lambda: Q(state=UpdateStatus.INSTALLED, version_seen=""),
            ),
        },
        label=_("Proof"),
    )


FIRMWARE_JOBS = Resource(
    name="stations.firmware_jobs",
    path="firmware-jobs/",
    title=_("Firmware updates"),
    model=FirmwareJob,
    rows=selectors.firmware_job_list,
    table=FirmwareJobTable,
    filters=FirmwareJobFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="pile__name",
    order=("-created_at", "-id"),
    menu=Place("stations", 64),
    empty=Empty(_("No update yet"), _("Updates are begun on the page of a terminal or a firmware.")),
    live="files",
)


class UploadTable(ListTable):
    pile = columns.Link(
        "pile__name",
        to="stations:pile_files",
        key="pile__pk",
        head=_("Terminal"),
        sort=("pile__name", "pk"),
        second=columns.Text("pile__identity", head=_("Identity")),
    )
    kind = columns.Text()
    state = columns.Badge(choices=UploadStatus, tones=tones.UPLOAD)
    reason = columns.Text(show=reason_words, css="c-wide")
    files = columns.Number("file_count", head=_("Files"))
    size = columns.Number("total_size", head=_("Size, MiB"), digits=2, scale=MIB)
    created_at = columns.When(sort=True)
    actor_label = columns.Text("actor_label", "actor_ref", show=doer_words, sort=("actor_label", "pk"))
    heard_at = columns.Ago(head=_("Last report"), sort=True)
    finished_at = columns.When(sort=True)
    scheme = columns.Text(shown=False)
    said_name = columns.Text(shown=False)


class UploadFilters(ListFilters):
    created_at = filters.Period()
    pile = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
    kind = filters.Choice(choices=UploadKind)
    state = filters.Choice(choices=UploadStatus)
    agency = filters.Subtree(label=_("Agency"))
    actor = filters.Text("actor_label", label=_("By"))


UPLOADS = Resource(
    name="stations.uploads",
    path="uploads/",
    title=_("Diagnostics and logs"),
    model=UploadJob,
    rows=selectors.upload_job_list,
    table=UploadTable,
    filters=UploadFilters,
    view=StationPerm.FRAMES_VIEW,
    export=StationPerm.EXPORT,
    label="pile__name",
    order=("-created_at", "-id"),
    menu=Place("stations", 72),
    empty=Empty(_("No log was fetched yet"), _("Logs are fetched on the page of a terminal.")),
    live="files",
)
