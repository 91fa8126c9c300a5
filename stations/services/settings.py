"""Settings of piles: read, changed, and what they are wanted to be.

What a pile answers to a change is not believed: the key is read back (``read_again``), by a sweep,
because a gateway's batch asks no pile. Templates belong to a tenant and a model; piles are compared
anew when a template changes, the first few at once and the others by the sweep.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from stations import configuration
from stations.configuration import Objection
from stations.models import Command, ConfigurationKey, ConfigurationTemplate, Pile, PileModel, TemplateKey
from stations.selectors import piles_of_model, setting_of
from stations.selectors.settings import (
    most_members,
    to_be_read_again,
    unread_since_boot,
    unset_since_boot,
)
from stations.services.commands import Request, order_command, send_command
from stations.snapshots import compare
from tenants.models import Tenant

log = logging.getLogger(__name__)

AT_ONCE = 200
A_TICK = 500
ASKED_A_TICK = 100
SETTLES_IN = timedelta(seconds=5)
"""A pile that just booted is left alone for so long."""

READER = timer("settings")


def read_settings(pile: Pile, *, actor: Actor, wanted: Sequence[str] = (), about: str = "") -> Command:
    """Read these keys of a pile, or all. Raises Refused like ``send_command``."""
    payload = {"key": list(wanted)} if wanted else {}
    return send_command(pile, action="GetConfiguration", payload=payload, actor=actor, about=about)


def change_setting(
    pile: Pile,
    *,
    key: str,
    value: str,
    actor: Actor,
    reason: str = "",
    about: str = "",
    anyway: bool = False,
) -> Command:
    """Ask a pile to take a value; what became of it is read back.

    Raises Refused like ``send_command``, and ``malformed`` at ``key`` or ``value`` for what the
    specification, or the pile, does not allow; ``anyway`` asks all the same.
    """
    known = setting_of(pile.pk, key)
    check_value(
        key,
        value,
        readonly=known is not None and known.known and known.readonly,
        most_members=most_members(pile.pk, key),
        anyway=anyway,
    )
    payload = {"key": key.strip(), "value": configuration.sent_as(key, value)}
    return send_command(
        pile,
        action="ChangeConfiguration",
        payload=payload,
        actor=actor,
        reason=reason,
        about=about,
        anyway=anyway,
    )


def check_value(
    key: str, value: str, *, readonly: bool = False, most_members: int | None = None, anyway: bool = False
) -> None:
    """Raises Refused, ``malformed`` at ``key`` or ``value``, for what makes no sense; ``anyway`` lets all but lengths pass."""
    found = configuration.objection(key, value, readonly=readonly, most_members=most_members)
    if found is not None and (not anyway or found in {Objection.KEY, Objection.LONG}):
        raise _refusal(found, key)


@transaction.atomic
def create_template(owner: Tenant, *, model: PileModel, actor: Actor) -> ConfigurationTemplate:
    """A template of a tenant for a model; the one that it has already, if it has."""
    locks.hold(f"stations.template:{owner.pk}:{model.pk}")
    row = ConfigurationTemplate.objects.filter(tenant=owner, model=model).first()
    if row is not None:
        return row
    at = clock.now()
    row = ConfigurationTemplate.objects.create(tenant=owner, model=model, created_at=at, edited_at=at)
    audit.record(actor, "template.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def want_setting(
    template: ConfigurationTemplate,
    *,
    key: str,
    value: str,
    actor: Actor,
    after_boot: bool = False,
    note: str = "",
) -> TemplateKey:
    """What piles of the model are to have. Raises Refused: ``malformed``, ``own_page``."""
    if configuration.concealed(key, value) != value or configuration.is_secret(key):
        raise Refused(_("Passwords are not kept in templates."), code="own_page", field="key")
    check_value(key, value)
    row = _lock(template)
    key = configuration.spelled(key)
    old = TemplateKey.objects.filter(template=row, key__iexact=key).first()
    before = audit.snapshot(old) if old is not None else None
    wanted = old or TemplateKey(tenant_id=row.tenant_id, template=row, key=key)
    wanted.value, wanted.after_boot, wanted.note = configuration.sent_as(key, value), after_boot, note[:200]
    wanted.save()
    audit.record(actor, "template.setting_wanted", wanted, before=before, after=audit.snapshot(wanted))
    _edited(row)
    return wanted


@transaction.atomic
def want_no_more(wanted: TemplateKey, *, actor: Actor, reason: str = "") -> None:
    """Take a setting out of its template; piles keep what they have."""
    row = _lock(wanted.template)
    found = TemplateKey.objects.filter(pk=wanted.pk).first()
    if found is not None:
        audit.record(actor, "template.setting_dropped", found, before=audit.snapshot(found), reason=reason)
        found.delete()
        _edited(row)


def compare_again() -> int:
    """Go on comparing the piles of templates that changed. Returns how many piles were compared."""
    compared = 0
    for template in ConfigurationTemplate.objects.filter(compare_after__isnull=False).order_by("pk")[:10]:
        with transaction.atomic():
            row = locks.locked(ConfigurationTemplate.objects.filter(pk=template.pk)).get()
            compared += _compare_some(row, A_TICK)
            row.save(update_fields=["compare_after"])
    return compared


def read_again() -> int:
    """Read back what was changed, and after a boot what is looked at then. Returns how many piles were asked."""
    settled = clock.now() - SETTLES_IN
    due = list(
        unread_since_boot().filter(pile__booted_at__lt=settled).values_list("pk", flat=True)[:ASKED_A_TICK]
    )
    ConfigurationKey.objects.filter(pk__in=due).update(read_again=True, boot_read_at=clock.now())
    asked: dict[int, list[ConfigurationKey]] = defaultdict(list)
    for row in to_be_read_again()[: ASKED_A_TICK * 5]:
        asked[row.pile_id].append(row)
    for pile_id, rows in list(asked.items())[:ASKED_A_TICK]:
        request = Request(action="GetConfiguration", payload={"key": [row.key for row in rows]})
        _ask(pile_id, request, rows)
    return len(asked)


def set_after_boot() -> int:
    """Set what a pile is to have after each boot and, read since, has not: once a boot. Returns how many."""
    rows = list(unset_since_boot()[:ASKED_A_TICK])
    for row in rows:
        ConfigurationKey.objects.filter(pk=row.pk).update(boot_set_at=clock.now())
        payload = {"key": row.key, "value": row.wanted or ""}
        _ask(row.pile_id, Request(action="ChangeConfiguration", payload=payload), [row])
    return len(rows)


def _ask(pile_id: int, request: Request, rows: Sequence[ConfigurationKey]) -> None:
    """Ask by ourselves. What is refused for now stays to be read; what is refused for good does not."""
    try:
        with transaction.atomic():
            order_command(Pile.objects.get(pk=pile_id), request, actor=READER)
    except Refused as refused:
        if refused.code == "offline":
            return
        log.info("pile %s was not asked: %s", pile_id, refused.code)
    ConfigurationKey.objects.filter(pk__in=[row.pk for row in rows]).update(read_again=False)


def _edited(row: ConfigurationTemplate) -> None:
    """Compare the first piles of the model now; the sweep goes on where there are more."""
    row.edited_at, row.compare_after = clock.now(), 0
    _compare_some(row, AT_ONCE)
    row.save(update_fields=["edited_at", "compare_after"])


def _compare_some(row: ConfigurationTemplate, most: int) -> int:
    found = list(piles_of_model(row.model_id).filter(pk__gt=row.compare_after or 0)[:most])
    compare(found)
    row.compare_after = found[-1].pk if len(found) == most else None
    return len(found)


def _lock(template: ConfigurationTemplate) -> ConfigurationTemplate:
    """Raises Refused for one that is handed down from above."""
    row = locks.locked(ConfigurationTemplate.objects.filter(pk=template.pk).writable()).first()
    if row is None:
        raise Refused(_("This template belongs to a tenant above."), code="not_yours")
    return row


def _refusal(found: Objection, key: str) -> Refused:
    known = configuration.standard(key)
    words = {
        Objection.KEY: _("A key has 1 to 50 characters."),
        Objection.LONG: _("A value has at most 500 characters."),
        Objection.BOOL: _("This is true or false."),
        Objection.INT: _("This is a whole number."),
        Objection.RANGE: _("Between %(low)s and %(high)s.")
        % {"low": known.low if known else "", "high": known.high if known else ""},
        Objection.WORDS: _("One of: %(words)s.") % {"words": ", ".join(sorted(known.words)) if known else ""},
        Objection.MEMBERS: _("The terminal takes fewer values in this list."),
        Objection.READONLY: _("This can only be read."),
    }
    field = "key" if found in {Objection.KEY, Objection.READONLY} else "value"
    return Refused(words[found], code="malformed", field=field)
