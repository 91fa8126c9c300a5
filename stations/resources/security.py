"""The lists of security events, of the certificates of terminals, and of those who sign them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import cells, clock
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
from stations.certificate_words import name_words, standing_of
from stations.models import Certificate, CertificateAuthority, EventSource, KeyType, SecurityEvent
from stations.permissions import StationPerm
from stations.security_events import TYPES, info_words, type_words
from stations.services.authorities import retire_authority
from stations.services.certificates import revoke_certificate


def known_as(name, identity):
    """A terminal by its name; whoever knocked without being one of ours, by what he called himself."""
    return name or identity


def called(name, identity):
    """The identity of a terminal that has a name besides."""
    return identity if name else ""


class SecurityEventTable(ListTable):
    type = columns.Text(
        show=type_words,
        sort=("type", "pk"),
        second=columns.Text("info", show=info_words),
        css="c-name",
    )
    last_at = columns.When(sort=True)
    pile = columns.Text(
        "pile__name",
        "identity",
        head=_("Terminal"),
        show=known_as,
        second=columns.Text("pile__name", "identity", head=_("Identity"), show=called),
    )
    remote = columns.Text()
    source = columns.Text()
    count = columns.Number(sort=True)
    critical = columns.YesNo(no="", tones={True: "fault"})
    pile_time = columns.When(shown=False)
    at = columns.When(head=_("First time"), shown=False)


class SecurityEventFilters(ListFilters):
    last_at = filters.Period()
    pile = filters.Search("pile__name", "identity", label=_("Terminal"))
    type = filters.Choice(choices=TYPES)
    source = filters.Choice(choices=EventSource)
    critical = filters.YesNo()
    remote = filters.Text()
    agency = filters.Subtree(label=_("Agency"))


SECURITY_EVENTS = Resource(
    name="stations.security_events",
    path="piles/security-events/",
    title=_("Security events"),
    model=SecurityEvent,
    rows=selectors.security_events,
    table=SecurityEventTable,
    filters=SecurityEventFilters,
    view=StationPerm.FRAMES_VIEW,
    export=StationPerm.EXPORT,
    label="type",
    order=("-last_at", "-id"),
    menu=Place("stations", 76),
    empty=Empty(
        _("Nothing happened"),
        _("What terminals report of their security, and whoever was not let in, is kept here."),
    ),
)


class Standing(columns.Badge):
    """Whether a certificate is in force."""

    def __init__(self, **options):
        super().__init__("revoked_at", "not_after", "installed_at", tones={}, **options)

    def html(self, values, reader, second):
        return cells.badge(*_standing(*values))

    def words(self, values, reader):
        return _standing(*values)[0]


def _standing(revoked_at, not_after, installed_at):
    return standing_of(revoked_at=revoked_at, not_after=not_after, installed_at=installed_at)


class CertificateTable(ListTable):
    common_name = columns.Link(
        to="stations:pile_security",
        key="pile__id",
        sort=("common_name", "pk"),
        second=columns.Text("pile__name", head=_("Terminal")),
    )
    standing = Standing(head=_("State"))
    not_after = columns.When(sort=True)
    key_type = columns.Text(shown=False)
    organization = columns.Text(shown=False)
    serial_number = columns.Text(css="c-wide", shown=False)
    fingerprint = columns.Text(css="c-wide", shown=False)
    created_at = columns.When(sort=True)
    installed_at = columns.When()
    used_at = columns.When(shown=False)
    revoked_at = columns.When(second=columns.Text("revoke_reason"))
    revoked_by = columns.Text(shown=False)


class CertificateFilters(ListFilters):
    words = filters.Search("common_name", "pile__name", "serial_number", label=_("Terminal or number"))
    state = filters.Cases(
        {
            "used": (
                pgettext_lazy("certificate", "In force"),
                lambda: Q(installed_at__isnull=False, revoked_at__isnull=True, not_after__gte=clock.now()),
            ),
            "week": (_("Ends within 7 days"), lambda: _ends_within(7)),
            "month": (_("Ends within 30 days"), lambda: _ends_within(30)),
            "untaken": (
                _("Not taken"),
                lambda: Q(installed_at__isnull=True, revoked_at__isnull=True, not_after__gte=clock.now()),
            ),
            "ended": (_("Expired"), lambda: Q(revoked_at__isnull=True, not_after__lt=clock.now())),
            "revoked": (_("Revoked"), lambda: Q(revoked_at__isnull=False)),
        },
        label=_("State"),
    )
    not_after = filters.Period()
    key_type = filters.Choice(choices=KeyType)
    agency = filters.Subtree(label=_("Agency"))


def _ends_within(days):
    span = (clock.now(), clock.now() + timedelta(days=days))
    return Q(installed_at__isnull=False, revoked_at__isnull=True, not_after__range=span)


REVOKE = RowAction(
    name="revoke",
    label=_("Revoke…"),
    run=revoke_certificate,
    perm=StationPerm.CREDENTIALS,
    icon="close-circle",
    tone="stop",
    reason=True,
    bulk=True,
    text=_("A terminal of profile 3 is not let in with it any more, from its next connection on."),
    hidden=lambda row: row.revoked_at is not None,
    needs=("revoked_at",),
    done=_("Revoked."),
)

CERTIFICATES = Resource(
    name="stations.certificates",
    path="piles/certificates/",
    title=_("Certificates"),
    model=Certificate,
    rows=selectors.certificate_list,
    table=CertificateTable,
    filters=CertificateFilters,
    view=StationPerm.CREDENTIALS,
    export=StationPerm.EXPORT,
    label="common_name",
    order=("not_after", "id"),
    menu=Place("stations", 77),
    actions=(REVOKE,),
    empty=Empty(
        _("No certificate was signed yet"),
        _("A terminal asks for one when it is guided to security profile 3."),
    ),
)


class AuthorityTable(ListTable):
    subject = columns.Link(
        to="stations:authority_root",
        show=name_words,
        sort=("subject", "pk"),
    )
    fingerprint = columns.Text(css="c-wide")
    key_type = columns.Text()
    not_after = columns.When(sort=True)
    created_at = columns.When(sort=True)
    retired_at = columns.When()


class AuthorityFilters(ListFilters):
    words = filters.Text("subject", label=_("Name"))
    key_type = filters.Choice(choices=KeyType)


RETIRE = RowAction(
    name="retire",
    label=pgettext_lazy("authority", "Retire…"),
    run=retire_authority,
    perm=StationPerm.AUTHORITY,
    reason=True,
    text=_("It signs nothing any more, and what it signed stays valid. The next request makes another one."),
    hidden=lambda row: row.retired_at is not None,
    needs=("retired_at",),
    done=_("Retired."),
)

AUTHORITIES = Resource(
    name="stations.authorities",
    path="system/authorities/",
    title=_("Certificate authorities"),
    model=CertificateAuthority,
    rows=selectors.authorities,
    table=AuthorityTable,
    filters=AuthorityFilters,
    view=StationPerm.AUTHORITY,
    export=StationPerm.EXPORT,
    label="subject",
    order=("-created_at", "-id"),
    menu=Place("system", 30),
    actions=(RETIRE,),
    page_actions=(
        PageAction(label=_("New authority"), to="stations:authority_new", perm=StationPerm.AUTHORITY),
    ),
    empty=Empty(
        _("Nobody signs yet"),
        _("One is made when the first terminal asks for a certificate, or here."),
    ),
)
