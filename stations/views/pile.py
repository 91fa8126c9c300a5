"""The page of one pile: what it reports, whether it can be heard and what we want of it, kept apart."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit import cells, clock
from backoffice.kit.frame import Action, Fact
from backoffice.kit.pages import requires, row_or_404
from backoffice.kit.reasons import reason_words
from backoffice.kit.staff import Reader
from stations import hooks, selectors, tones
from stations.command_words import effect_words
from stations.event_words import event_detail, event_words, status_words
from stations.features import missing_profile
from stations.forms.commands import ASKS
from stations.forms.security import PROFILES
from stations.models import ConnectorStatus, Life, Registration, letter_of
from stations.permissions import StationPerm
from stations.provisioning import address_of
from stations.services.tokens import link_of
from stations.states import CHARGING
from stations.tokens import print_token
from stations.views.conversation import recent_utterances
from stations.views.price_now import price_now
from stations.views.stale import connector_asks, pile_asks
from stations.views.workbench import pile_page

COMMANDS_SHOWN = 8
EVENTS_SHOWN = 10
OUT = {"Faulted", "Unavailable"}
WHY = {
    "pile": gettext_lazy("the terminal's own"),
    "station": gettext_lazy("the station's"),
    "agency": gettext_lazy("the default of the agency"),
    "operator": gettext_lazy("the default of the operator"),
}


@requires(StationPerm.VIEW)
def pile(request, pk):
    """Presence, registration, connectors, commands with their outcome, and the last messages."""
    row = row_or_404(selectors.piles().select_related("tariff"), pk=pk)
    grants, reader = request.grants, Reader.of(request)
    talk = StationPerm.FRAMES_VIEW in grants
    parts = sorted(hooks.pile_parts(row, reader), key=lambda part: part.order)
    return pile_page(
        request,
        row,
        "stations/pile.html",
        current="pile",
        actions=[*hooks.pile_actions(row, reader), *_actions(row, grants)],
        live=["piles"],
        notice=_notice(row),
        worked_on=selectors.maintenance_at(row),
        parts=[part for part in parts if not part.beside],
        parts_beside=[part for part in parts if part.beside],
        state_facts=_facts(row),
        own_asks=pile_asks(row, grants),
        connectors=_connectors(row, grants),
        may_manage=StationPerm.MANAGE in grants,
        commands=[_command(one) for one in _asked_by_people(row.pk)],
        asks=_asks(row, grants),
        said_of_itself=_said(row),
        price=_price(row),
        versions=_versions(row),
        access=_access(row) if StationPerm.CREDENTIALS in grants else None,
        utterances=recent_utterances(row.pk) if talk else None,
        reports=_reports(row.pk) if talk else None,
        events=_events(row.pk) if talk else None,
    )


def _asked_by_people(pile_id):
    """What timers ask, lists of cards above all, would leave no room for what somebody wants to follow."""
    return selectors.commands_of(pile_id).exclude(selectors.automatic())[:COMMANDS_SHOWN]


def _command(one):
    letter = letter_of(one.connector_number) if one.connector_number else ""
    return one, tones.COMMAND[one.state], letter, reason_words(one.reason), effect_words(one.effect_note)


def _reports(pile_id):
    rows = selectors.statuses_of(pile_id)[:EVENTS_SHOWN]
    return [
        (one, letter_of(one.connector_number) if one.connector_number else "", status_words(one.status))
        for one in rows
    ]


def _events(pile_id):
    rows = selectors.events_of(pile_id)[:EVENTS_SHOWN]
    return [(one.at, event_words(one), event_detail(one)) for one in rows]


def _facts(row):
    offline = cells.badge(_("Offline"), "offline")
    presence = cells.badge(_("Online"), "charging") if row.online else offline
    since = row.connected_at if row.online else row.disconnected_at
    registration = cells.badge(row.get_registration_display(), tones.REGISTRATION[row.registration])
    return [
        Fact(_("Presence"), presence, cells.ago(since) if since else "", big=False),
        Fact(_("Last heard"), cells.ago(row.last_seen_at) if row.last_seen_at else "–", big=False),
        Fact(_("Registration"), registration, cells.ago(row.booted_at) if row.booted_at else "", big=False),
        Fact(
            _("Reports of itself"),
            _status_badge(row.status),
            row.error_code if row.error_code != "NoError" else "",
            big=False,
        ),
        Fact(_("Firmware"), row.firmware or "–", big=False),
        Fact(_("Clock"), _clock(row.clock_offset_s), big=False),
    ]


def _clock(offset_s):
    if offset_s is None:
        return "–"
    if abs(offset_s) <= 2:
        return _("right")
    words = _("%(seconds)s s slow") if offset_s > 0 else _("%(seconds)s s fast")
    return words % {"seconds": abs(offset_s)}


def _status_badge(status):
    return cells.badge(ConnectorStatus(status).label, tones.CONNECTOR[status]) if status else "–"


def _notice(row):
    """What stands between this pile and a charge, in one sentence with its tone."""
    if row.life == Life.RETIRED:
        return _("Retired: it is not let in again."), "offline"
    if not row.online:
        return _("The terminal cannot be heard. What stands below is what it reported last."), "offline"
    if row.registration != Registration.ACCEPTED:
        return _("The terminal is connected and takes no part yet."), "waiting"
    if row.status in OUT:
        return _("The terminal reports itself out of order: none of its connectors can be used."), "fault"
    if row.next_key_hash:
        return _("A new password is on its way: both are valid until the terminal uses one."), "waiting"
    return None


def _connectors(row, grants):
    """Each connector with its badge, its code and its buttons."""
    codes = selectors.live_tokens(row) if StationPerm.MANAGE in grants else {}
    found = []
    for connector in selectors.connectors_of(row):
        code = codes.get(connector.pk)
        found.append(
            {
                "row": connector,
                "badge": _status_badge(connector.status),
                "link": link_of(code) if code else "",
                "code": print_token(code.token) if code else "",
                "actions": [*connector_asks(row, connector, grants), *_asks(row, grants, connector)],
                "may_edit": StationPerm.MANAGE in grants,
            }
        )
    return found


def _asks(row, grants, connector=None):
    """Buttons of the commands that this reader may send; dead with the reason where nothing can be sent.

    Those about one connector stand beside it, the others below. Engineers may send also what the pile
    does not know, and are told on the next page.
    """
    dead = _dead(row)
    lacking = frozenset() if StationPerm.COMMAND_ENGINEER in grants else selectors.lacking_actions(row)
    query = f"?connector={connector.number}" if connector else ""
    return [
        Action(
            ask.label,
            _ask_page(row, name, ask) + query,
            icon=ask.icon,
            tone=ask.tone,
            asks=True,
            refused=dead or _unknown(row, name, lacking, grants) or _busy(name, connector),
        )
        for name, ask in ASKS.items()
        if ask.perm in grants and (ask.per_connector if connector else ask.per_pile)
    ]


def _ask_page(row, name, ask):
    own = reverse(ask.own_page, args=[row.pk]) if ask.own_page else ""
    return own or reverse("stations:ask", args=[row.pk, name])


def _unknown(row, action, lacking, grants):
    if StationPerm.COMMAND_ENGINEER in grants:
        return ""
    known = not missing_profile(row.feature_profiles, action) and action not in lacking
    return "" if known else _("The terminal does not know this command")


def _busy(action, connector):
    charges = connector is not None and connector.status in CHARGING
    return _("It charges already") if charges and action == "RemoteStartTransaction" else ""


def _dead(row):
    return "" if row.online else _("The terminal is offline")


def _price(row):
    """Which price list counts now, whose it is and what a kWh costs by it; None where there is none."""
    connector = selectors.connectors_of(row).first()
    found = selectors.tariff_in_force(connector, clock.now()) if connector is not None else None
    if found is None:
        return None
    version, why = found
    return {
        "version": version,
        "why": WHY[why],
        "now": price_now(version, selectors.zone_of(row.station)),
    }


def _versions(row):
    """What runs on it, and what it was given last."""
    job = selectors.firmware_jobs_of(row).first()
    last = f"{job.firmware.version} · {job.get_state_display()}" if job is not None else ""
    pairs = [
        (_("Firmware"), row.firmware),
        (_("Last update"), last),
        (_("Model"), str(row.model) if row.model else ""),
        (_("Protocol"), "OCPP 1.6-J" if row.booted_at else ""),
        (_("Last boot"), cells.ago(row.booted_at) if row.booted_at else ""),
    ]
    return [(label, value or "–") for label, value in pairs]


def _said(row):
    pairs = [
        (_("Vendor"), row.reported_vendor),
        (_("Model"), row.reported_model),
        (_("Serial"), row.reported_serial),
        (_("SIM card"), row.iccid),
        (_("SIM (IMSI)"), row.imsi),
        (_("Boots"), str(row.boot_count)),
        (_("Feature profiles"), ", ".join(row.feature_profiles or ())),
    ]
    return [(label, value or "–") for label, value in pairs]


def _access(row):
    forms = {"raw": _("as bytes"), "hex": _("as digits"), "": _("not used yet")}
    return [
        (_("Address"), address_of(row)),
        (_("Security profile"), PROFILES[row.security_profile]),
        (_("Password"), forms[row.key_form] if row.key_hash else _("none")),
        (_("Connected from"), row.remote or "–"),
        (_("Gateway"), row.gateway or "–"),
    ]


def _actions(row, grants):
    def to(name, label, icon, **more):
        return Action(label, reverse(f"stations:{name}", args=[row.pk]), icon=icon, **more)

    found = [to("pile_labels", _("Labels"), "qr", get=True)] if StationPerm.MANAGE in grants else []
    if row.life == Life.RETIRED:
        return found
    if StationPerm.CREDENTIALS in grants:
        found.append(to("pile_key", _("Password"), "key", get=True, aside=True))
        if row.security_profile == 1:
            found.append(to("pile_open", _("No password…"), "unlock", asks=True, tone="warn", aside=True))
    if StationPerm.TARIFF_MANAGE in grants:
        found.append(to("pile_tariff", _("Tariff…"), "money", asks=True, aside=True))
    if StationPerm.MANAGE in grants:
        found.append(to("pile_move", _("Move…"), "switch", asks=True, aside=True))
        found.append(to("pile_retire", _("Retire…"), "close-circle", asks=True, tone="stop", aside=True))
        found.append(to("pile_edit", _("Edit"), "edit", get=True))
    return found
