"""What the page of a pile's security shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit import cells, clock
from backoffice.kit.frame import Action, Fact, Tone
from stations import pki, selectors
from stations.certificate_words import name_words, why_words
from stations.forms.security import PROFILES, USES
from stations.models import Life, SigningState, UpgradeState
from stations.models.security import UPGRADE_OVER
from stations.provisioning import addresses_of
from stations.resources import CERTIFICATES
from stations.services import certificates

SIGNINGS_SHOWN = 5
FORMS = {
    "raw": gettext_lazy("as bytes"),
    "hex": gettext_lazy("as digits"),
    "": gettext_lazy("not used yet"),
}
SIGNING_TONES: Mapping[str, Tone] = {
    SigningState.ACCEPTED: "idle",
    SigningState.ASKED: "waiting",
    SigningState.SIGNED: "waiting",
    SigningState.SENT: "waiting",
}


def tell(request, form, done):
    """Say that it was asked, or why not."""
    refused = [error for errors in form.errors.values() for error in errors]
    if refused:
        messages.error(request, refused[0])
    else:
        messages.success(request, done)


def facts(row):
    used = selectors.certificate_of(row)
    until = cells.when(used.not_after) if used else "–"
    return [
        Fact(_("Security profile"), PROFILES[row.security_profile], _rising(row), big=False),
        Fact(_("Password"), FORMS[row.key_form] if row.key_hash else _("none"), _next_key(row), big=False),
        Fact(_("Certificate until"), until, ends_in(used) if used else "", big=False),
        Fact(_("Serial number"), selectors.serial_of(row) or "–", big=False),
        Fact(_("Name of its operator"), row.cpo_name or "–", _wanted_name(row), big=False),
    ]


def _rising(row):
    if row.next_profile is None:
        return ""
    return _("also let in with profile %(number)d") % {"number": row.next_profile}


def _next_key(row):
    return _("a new one is on its way: both are valid") if row.next_key_hash else ""


def _wanted_name(row):
    wanted = selectors.cpo_name_of(row.tenant_id)
    return "" if wanted == row.cpo_name else _("should be %(name)s") % {"name": wanted}


def ends_in(certificate):
    """How long a certificate is still good, in words with a colour."""
    days = (certificate.not_after - clock.now()).days
    if days < 0:
        return cells.badge(_("Expired"), "fault")
    words = _("%(count)d days left") % {"count": days}
    return cells.badge(words, "waiting") if days < 30 else words


def notice(row):
    """What keeps this pile from being as safe as it could be, in a sentence with its tone."""
    if row.life == Life.RETIRED:
        return _("Retired: it is not let in again."), "offline"
    if row.security_profile == 0:
        return _("It is let in without a password, from trusted networks."), "fault"
    if row.security_profile == 3 and selectors.certificate_of(row) is None:
        return _("No certificate that we signed is in use here."), "waiting"
    return None


def addresses(row):
    """Where it connects to, by profile; the one in force is marked."""
    return [
        (PROFILES[profile], url, profile == row.security_profile)
        for profile, url in addresses_of(row).items()
    ]


def actions(row, running):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]), icon=icon, **more)

    if row.life == Life.RETIRED:
        return []
    offline = "" if row.online else _("The terminal is offline")
    busy = _("It is on its way already") if running else ""
    found = [
        to(
            "pile_upgrade",
            _("Rotate or upgrade…"),
            "shield",
            get=True,
            tone="primary",
            refused=offline or busy,
        ),
        to("pile_renew", _("Ask for a certificate…"), "refresh", asks=True, refused=offline or busy),
        to("pile_install_root", _("Install a root…"), "download", get=True, refused=offline),
        to("pile_profile", _("Set by hand…"), "wrench", get=True),
    ]
    if running:
        found.insert(0, to("pile_upgrade_cancel", _("Stop…"), "close-circle", asks=True, tone="stop"))
    return found


def upgrade_of(upgrade):
    """Its steps, each with a word and a colour, and what was asked in them."""
    commands = list(selectors.commands_about(f"upgrade:{upgrade.pk}"))
    return {
        "row": upgrade,
        "state": (upgrade.get_state_display(), _upgrade_tone(upgrade.state)),
        "why": why_words(upgrade.error),
        "steps": [(UpgradeState(step).label, *_step_state(upgrade, step)) for step in upgrade.steps],
        "commands": commands,
    }


def _upgrade_tone(state):
    tones = {UpgradeState.DONE: "charging", UpgradeState.FAILED: "fault", UpgradeState.CANCELLED: "offline"}
    return tones.get(state, "waiting")


def _step_state(upgrade, step):
    steps = list(upgrade.steps)
    here = steps.index(upgrade.step) if upgrade.step in steps else 0
    if upgrade.state == UpgradeState.DONE or steps.index(step) < here:
        return _("Done"), "charging"
    if steps.index(step) > here:
        return _("Not yet"), "plain"
    if upgrade.state in UPGRADE_OVER:
        return upgrade.get_state_display(), _upgrade_tone(upgrade.state)
    return _("Under way"), "waiting"


def certificates_of(row, reader):
    """What was signed for it, the newest first, with what may be done to each."""
    used = selectors.certificate_of(row)
    return [
        {
            "row": one,
            "state": _certificate_state(one, used),
            "ends": "" if one.not_after < clock.now() else ends_in(one),
            "name": name_words(one.subject),
            "signer": name_words(one.authority.subject),
            "actions": CERTIFICATES.buttons(one, reader),
        }
        for one in selectors.certificates_of(row.pk)[:SIGNINGS_SHOWN]
    ]


def _certificate_state(one, used):
    if one.revoked_at:
        return _("Revoked"), "fault"
    if one.not_after < clock.now():
        return _("Expired"), "fault"
    if used is not None and one.pk == used.pk:
        return (_("In use"), "charging") if one.used_at else (_("Taken by the terminal"), "idle")
    return (_("Replaced"), "offline") if one.installed_at else (_("Not taken"), "plain")


def signings_of(row):
    """What it asked for, and what became of that."""
    return [
        (one, why_words(one.error), SIGNING_TONES.get(one.state, "fault"))
        for one in selectors.signings_of(row.pk)[:SIGNINGS_SHOWN]
    ]


def roots_of(row):
    """By use: when it was asked last, and each root with what we know of it."""
    known = selectors.installed_roots(row.pk)
    found = []
    for use, words in USES.items():
        at, data = known.get(use, (None, []))
        read = Action(
            _("Read"),
            reverse("stations:pile_roots_read", args=[row.pk, use]),
            icon="eye",
            refused="" if row.online else _("The terminal is offline"),
        )
        rows = [_root(row, use, number, one) for number, one in enumerate(data)]
        found.append({"words": words, "at": at, "rows": rows, "read": read})
    return found


def _root(row, use, number, data):
    delete = Action(
        _("Delete…"),
        reverse("stations:pile_root_forget", args=[row.pk, use, number]),
        icon="trash",
        tone="stop",
        asks=True,
        refused="" if row.online else _("The terminal is offline"),
    )
    subject = _name_of(data)
    return {"data": data, "name": subject and name_words(subject), "subject": subject, "delete": delete}


def _name_of(data):
    """Which certificate of ours this is; None where it is none that we know."""
    ours = [*selectors.gateway_roots(), *certificates.roots_of_authorities()]
    return next((pki.facts_of(pem).subject for pem in ours if pki.is_named(pem, data)), None)
