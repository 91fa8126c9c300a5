"""Settings of piles: as they were last reported, and as they are wanted."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import TenantOwned
from stations.models.devices import Pile, PileModel


class DriftState(models.TextChoices):
    """Values match ``stations.configuration.Drift``; an empty one is not wanted to be anything."""

    SAME = "same", _("As wanted")
    DIFFERS = "differs", _("Differs")
    READONLY = "readonly", _("Differs, read-only")
    MISSING = "missing", _("Not known to the terminal")
    UNKNOWN = "unknown", pgettext_lazy("setting", "Not read")


class ConfigurationKey(TenantOwned):
    """One key of one pile. ``value`` None: the pile told none; secrets are never here. Its tenant is the pile's.

    ``known`` is false for what the pile listed as unknownKey. ``wanted`` and ``after_boot`` are those of
    the nearest template, None where there is none, and ``drift`` compares both. ``read_again`` asks for a
    GetConfiguration of the key. ``reboot_asked_at``: the pile took a value and wants a restart to use it.
    ``boot_read_at``, ``boot_set_at``: when a wanted value was looked at and set after a boot.
    """

    pile = models.ForeignKey(Pile, models.CASCADE, related_name="settings", verbose_name=_("terminal"))
    key = models.CharField(pgettext_lazy("setting", "key"), max_length=60)
    value = models.TextField(_("value"), null=True, blank=True)
    readonly = models.BooleanField(_("read-only"), default=False)
    known = models.BooleanField(default=True)
    seen_at = models.DateTimeField(_("as of"), null=True, blank=True)
    wanted = models.CharField(_("wanted"), max_length=500, null=True, blank=True)
    drift = models.CharField(_("compared"), max_length=8, choices=DriftState, blank=True)
    after_boot = models.BooleanField(default=False)
    read_again = models.BooleanField(default=False)
    reboot_asked_at = models.DateTimeField(null=True, blank=True)
    boot_read_at = models.DateTimeField(null=True, blank=True)
    boot_set_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("setting")
        verbose_name_plural = _("settings")
        indexes = [
            models.Index(
                fields=["tenant", "drift"],
                condition=~models.Q(drift__in=["", "same"]),
                name="setting_drift",
            ),
            models.Index(fields=["pile"], condition=models.Q(read_again=True), name="setting_read_again"),
            models.Index(fields=["pile"], condition=models.Q(after_boot=True), name="setting_after_boot"),
        ]
        constraints = [models.UniqueConstraint(fields=["pile", "key"], name="setting_once")]

    def __str__(self) -> str:
        return self.key


class ConfigurationTemplate(TenantOwned):
    """What the piles of a model are to be set to, below one tenant. The one nearest to the pile wins, key by key.

    ``compare_after``: piles behind this key are still to be compared with it; None when all are.
    """

    handed_down = True

    model = models.ForeignKey(
        PileModel, models.PROTECT, related_name="templates", verbose_name=_("pile model")
    )
    created_at = models.DateTimeField(_("created"))
    edited_at = models.DateTimeField(_("edited"))
    compare_after = models.BigIntegerField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [models.UniqueConstraint(fields=["tenant", "model"], name="template_once_per_model")]

    def __str__(self) -> str:
        return str(self.model)


class TemplateKey(TenantOwned):
    """One wanted setting. ``after_boot``: looked at, and set where it differs, after each boot of the pile."""

    handed_down = True

    template = models.ForeignKey(
        ConfigurationTemplate, models.CASCADE, related_name="keys", verbose_name=_("template")
    )
    key = models.CharField(pgettext_lazy("setting", "key"), max_length=60)
    value = models.CharField(_("wanted"), max_length=500, blank=True)
    after_boot = models.BooleanField(_("after each boot"), default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("wanted setting")
        verbose_name_plural = _("wanted settings")
        constraints = [models.UniqueConstraint(fields=["template", "key"], name="template_key_once")]

    def __str__(self) -> str:
        return self.key
