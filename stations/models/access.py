"""Who may charge where: lists of cards that piles keep for themselves, and connectors kept free for a card."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes
from drivers.models import Driver
from drivers.tags import fold_tag
from stations.models.devices import Pile
from stations.models.traffic import Command


class ListRule(models.TextChoices):
    ALL = "all", _("All cards")
    GROUPS = "groups", _("Cards of groups")
    PICKED = "picked", _("Picked cards")


class LocalList(TenantOwned):
    """Which cards the piles of some stations know by themselves (OCPP 1.6 §3.5.2). It belongs to an operator.

    ``groups`` and ``picked`` hold folded idTags. ``refused_too``: cards that do not work stand on it
    as Blocked, so that a pile refuses them without asking. ``stale_at``: something changed that it is
    made of, and the piles were not looked at since. The default counts where a station has no other.
    """

    handed_down = True

    name = models.CharField(_("name"), max_length=80)
    rule = models.CharField(_("who is on it"), max_length=8, choices=ListRule, default=ListRule.ALL)
    groups = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("groups"))
    picked = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("cards"))
    refused_too = models.BooleanField(_("cards that do not work stand on it as blocked"), default=True)
    is_default = models.BooleanField(_("default"), default=False)
    stale_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(_("last built"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("local list")
        verbose_name_plural = _("local lists")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="local_list_name_once"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_default=True), name="local_list_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListState(models.TextChoices):
    UNKNOWN = "unknown", _("Not known")
    IN_STEP = "in_step", _("In step")
    BEHIND = "behind", _("Behind")
    SENDING = "sending", _("Being sent")
    REFUSED = "refused", _("Refused by the pile")
    UNSUPPORTED = "unsupported", _("Not supported")


class LocalListPile(TenantOwned):
    """The list that one pile keeps, as far as we know. Its tenant is the pile's.

    ``content`` is what it has (see ``locallist.dump``), empty where that is not known. ``held_version``
    is the version that goes with it, ``version`` the highest one that was ever sent or heard.
    ``must_read``: its version is asked before anything is sent. ``must_fill``: the next message is Full.
    ``kept_empty``: it shall have nothing. Without a list, and not kept empty, it is left alone.
    ``insisted``: it is asked although it seems to have no local list. ``at_once`` and ``in_all`` are what it told of itself. ``command`` is the request whose end is awaited, ``doubt`` a list message that nobody answered.
    ``due_at``: when to go on, as soon as the pile can be heard.
    """

    pile = models.OneToOneField(Pile, models.PROTECT, related_name="list_state", verbose_name=_("pile"))
    list = models.ForeignKey(
        LocalList, models.PROTECT, null=True, blank=True, related_name="piles", verbose_name=_("local list")
    )
    state = models.CharField(_("state"), max_length=12, choices=ListState, default=ListState.UNKNOWN)
    content = models.JSONField(null=True, blank=True)
    version = models.IntegerField(default=0)
    held_version = models.IntegerField(_("version"), null=True, blank=True)
    reported_version = models.IntegerField(_("version it reported"), null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    wanted_count = models.PositiveIntegerField(_("cards on the list"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    behind_by = models.PositiveIntegerField(_("entries that differ"), default=0)
    must_read = models.BooleanField(default=True)
    must_fill = models.BooleanField(default=False)
    kept_empty = models.BooleanField(_("kept empty"), default=False)
    at_once = models.PositiveIntegerField(_("entries in a message"), null=True, blank=True)
    in_all = models.PositiveIntegerField(_("entries it has room for"), null=True, blank=True)
    settings_asked = models.BooleanField(default=False)
    insisted = models.BooleanField(default=False)
    command = models.ForeignKey(Command, models.SET_NULL, null=True, blank=True, related_name="+")
    doubt = models.ForeignKey(Command, models.SET_NULL, null=True, blank=True, related_name="+")
    waits = models.PositiveSmallIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(_("last problem"), max_length=40, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    conflict_at = models.DateTimeField(_("last conflict"), null=True, blank=True)
    filled_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(_("in step since"), null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("local list of a pile")
        verbose_name_plural = _("local lists of piles")
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="list_pile_due"),
        ]

    def __str__(self) -> str:
        return str(self.pile_id)


class ReservationState(models.TextChoices):
    REQUESTED = "requested", _("Asked for")
    ACTIVE = "active", _("Reserved")
    USED = "used", _("Used")
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")
    INVALIDATED = "invalidated", _("Out of order")
    REFUSED = "refused", _("Refused")


OPEN_RESERVATIONS = ("requested", "active")


class Reservation(PathOwned):
    """A connector that a pile keeps free for an idTag (OCPP 1.6 §5.13). Its key is the reservationId, an int32.

    ``asked_expires_at``: an expiry that the pile has been asked for and has not confirmed.
    ``cancel_asked_at``: it shall end, and the pile has not said so yet. ``due_at``: when to ask again.
    ``refusal`` is the pile's word, or why it was never asked. ``transaction_number`` is what used it.
    """

    untold = frozenset({"id_tag", "id_tag_folded", "parent_id_tag"})

    id = models.AutoField(primary_key=True)
    pile = models.ForeignKey(Pile, models.PROTECT, related_name="reservations", verbose_name=_("pile"))
    connector_number = models.PositiveSmallIntegerField(_("connector"))
    id_tag = models.CharField(_("card number"), max_length=20)
    id_tag_folded = models.CharField(max_length=20)
    parent_id_tag = models.CharField(_("group"), max_length=20, blank=True)
    driver = models.ForeignKey(
        Driver, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("driver")
    )
    state = models.CharField(
        _("state"), max_length=12, choices=ReservationState, default=ReservationState.REQUESTED
    )
    refusal = models.CharField(_("refused because"), max_length=30, blank=True)
    expires_at = models.DateTimeField(_("until"))
    asked_expires_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    transaction_number = models.IntegerField(_("transaction"), null=True, blank=True)
    remark = models.CharField(_("remark"), max_length=40, blank=True)
    actor_ref = models.CharField(max_length=80)
    actor_label = models.CharField(_("by"), max_length=120)
    created_at = models.DateTimeField(_("asked"))

    class Meta(PathOwned.Meta):
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        indexes = [
            *path_indexes("reservation", "-created_at", "-id"),
            models.Index(fields=["pile", "-created_at"], name="reservation_pile"),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state__in=OPEN_RESERVATIONS),
                name="reservation_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pile", "connector_number"],
                condition=models.Q(state__in=OPEN_RESERVATIONS),
                name="reservation_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"R{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_RESERVATIONS

    def is_for(self, id_tag: str, parent_id_tag: str = "") -> bool:
        """Whether it keeps the connector free for this tag, or for the group of it (OCPP 1.6 §3.11)."""
        parent = fold_tag(parent_id_tag)
        return self.id_tag_folded == fold_tag(id_tag) or (
            bool(parent) and parent == fold_tag(self.parent_id_tag)
        )
