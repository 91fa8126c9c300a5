"""What is in force in words: the cards of the settings' first page."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import clock, figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.frame import Link
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role
from tenants import selectors
from tenants.rules import EVERYBODY, Mail, Numbers, Retention, Security
from tenants.services.calendar import bounds_of_year


def cards(chain):
    """``[(id, title, pairs, link)]`` of a tenant, the last of its chain."""
    own = chain[-1]
    found = [_security(chain), _retention(chain)]
    if own.level is Level.OPERATOR:
        found.append(_numbers(chain))
    found += [_holidays(own), _mail(chain)]
    brand = [(_("Brand on driver pages"), own.brand), (_("Hotline for drivers"), own.hotline or "–")]
    found.append(("brand", _("Brand"), brand, Link(_("Change"), reverse("tenants:tenant", args=[own.id]))))
    return found


def _security(chain):
    found = selectors.set_in(Security, chain)
    roles = {EVERYBODY: _("Everybody"), **{role.value: role.label for role in Role}}
    asked = enumerated(words for name, words in roles.items() if name in found.values.code_for)
    pairs = [
        (_("Shortest password"), _from(chain, found, "min_length", found.values.min_length)),
        (_("Two-factor sign-in required of"), _from(chain, found, "code_for", asked or _("nobody"))),
        (
            _("Sign in anew after"),
            _from(chain, found, "session_hours", _("%(n)s h") % {"n": found.values.session_hours}),
        ),
    ]
    return "security", _("Sign-in policy"), pairs, Link(_("Change"), reverse("tenants:settings_security"))


def _retention(chain):
    found = selectors.set_in(Retention, chain)
    labels = [
        (_("Messages of terminals"), "frames_days"),
        (_("History of terminals"), "history_days"),
        (_("Meter readings of charges"), "samples_days"),
        (_("Logs and diagnostics"), "files_days"),
        (_("Files of jobs"), "jobs_days"),
    ]
    pairs = [(label, _from(chain, found, name, _days(getattr(found.values, name)))) for label, name in labels]
    return "retention", _("Retention"), pairs, Link(_("Change"), reverse("tenants:settings_retention"))


def _numbers(chain):
    year = timezone.localtime(clock.now()).year
    found = selectors.set_in(Numbers, chain[-1:]).values
    pairs = [
        (str(year), found.prefix_in(year) or chain[-1].code),
        (str(year + 1), found.prefix_in(year + 1) or chain[-1].code),
    ]
    return (
        "numbers",
        _("Order numbers begin with"),
        pairs,
        Link(_("Change"), reverse("tenants:settings_numbers")),
    )


def _holidays(own):
    year = timezone.localtime(clock.now()).year
    pairs = [
        (str(one), _days(len(selectors.holidays_for(own.id, *bounds_of_year(one)))))
        for one in (year, year + 1)
    ]
    return "holidays", _("Holidays"), pairs, Link(_("Change"), reverse("tenants:holidays"))


def _mail(chain):
    found = selectors.set_in(Mail, chain)
    pairs = [
        (_("Sender's name"), _from(chain, found, "sender", found.values.sender or _("as usual"))),
        (_("Answers go to"), _from(chain, found, "reply_to", found.values.reply_to or "–")),
    ]
    return "mail", _("Mail"), pairs, Link(_("Change"), reverse("tenants:settings_mail"))


def _from(chain, found, name, words):
    """The value, with whose it is where it comes from above."""
    at = found.sources.get(name)
    if at is None or at == len(chain) - 1:
        return words
    return format_lazy("{} · {}", words, chain[at].name)


def _days(count):
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": figures.number_text(count)}
