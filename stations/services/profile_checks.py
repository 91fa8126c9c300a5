"""What of charging profiles may be asked of a pile: checked here, so that no pile has to refuse it (domain 1.17, 102)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from stations.features import SMART_CHARGING, missing_profile
from stations.models import Connector, Pile
from stations.profiles import Fault, Profile, Purpose, Unit, Unreadable, faults
from stations.selectors.charging import group_of_pile, means_of, sessions_at
from stations.sessions import RunningSession
from stations.sharing import is_alive
from stations.states import CHARGING

LONGEST_COMPOSITE_S = 7 * 86_400

WORDS: Mapping[str, str | Promise] = {
    "remote_start_purpose": gettext_lazy("A start carries a profile for one charge only."),
    "station_connector": gettext_lazy("A limit of the whole terminal is set without a connector."),
    "transaction_connector": gettext_lazy("A profile for one charge needs its connector."),
    "connector": gettext_lazy("The terminal has no such connector."),
    "transaction_missing": gettext_lazy("A profile for one charge needs its transaction."),
    "transaction_unwanted": gettext_lazy(
        "Only a profile for one charge names a transaction, and no start does."
    ),
    "station_relative": gettext_lazy("A limit of the whole terminal needs a start time of its own."),
    "recurrency": gettext_lazy("Daily or weekly belongs to a recurring profile, and to no other."),
    "start_missing": gettext_lazy("A recurring profile needs a start."),
    "start_unwanted": gettext_lazy("A relative profile starts with the charge: leave the start empty."),
    "validity": gettext_lazy("It must end after it begins."),
    "duration": gettext_lazy("Between one second and one year."),
    "periods_missing": gettext_lazy("At least one period is needed."),
    "first_period": gettext_lazy("The first period begins at 0."),
    "periods_order": gettext_lazy("Each period begins after the one before."),
    "periods_late": gettext_lazy("A period begins within one year."),
    "periods_many": gettext_lazy("The terminal takes at most %(figure)s periods."),
    "unit": gettext_lazy("The terminal does not take limits in this unit."),
    "limit": gettext_lazy("A limit is not below 0."),
    "limit_decimals": gettext_lazy("A limit has at most one decimal."),
    "phases": gettext_lazy("1 to 3 phases."),
    "stack_level": gettext_lazy("The stack level lies between 0 and %(figure)s."),
}


def words_of(fault: Fault) -> str:
    """The sentence for a fault."""
    return str(WORDS[fault.code]) % {"figure": fault.figure}


def check_request(pile: Pile, action: str, payload: Mapping[str, Any]) -> None:
    """Whatever a command says of charging profiles. Raises Refused: ``malformed``, ``not_now``."""
    match action:
        case "RemoteStartTransaction" if "chargingProfile" in payload:
            _require_able(pile)
            check_profile(pile, payload["connectorId"], payload["chargingProfile"], in_remote_start=True)
        case "SetChargingProfile":
            check_profile(pile, payload.get("connectorId"), payload.get("csChargingProfiles"))
        case "ClearChargingProfile":
            check_clear(pile, payload)
        case "GetCompositeSchedule":
            check_composite(pile, payload)


def check_profile(pile: Pile, connector: Any, content: Any, *, in_remote_start: bool = False) -> None:
    """Raises Refused ``malformed`` with the field that is wrong, ``not_now`` where no such charge runs."""
    require_connector(pile, connector)
    try:
        profile = Profile.from_json(content)
    except Unreadable as error:
        raise _malformed(
            _("This is no charging profile: %(field)s.") % {"field": error.where}, "profile"
        ) from None
    for fault in faults(profile, connector, means=means_of(pile), in_remote_start=in_remote_start):
        raise _malformed(words_of(fault), fault.field)
    if profile.purpose is Purpose.TRANSACTION and not in_remote_start:
        _require_session(pile, connector, profile.transaction_id)


def check_clear(pile: Pile, payload: Mapping[str, Any]) -> None:
    """An id, or any of connector, purpose and level; with nothing all are cleared (OCPP 1.6 errata 3.25)."""
    for name in ("id", "connectorId", "stackLevel"):
        if name in payload and (type(payload[name]) is not int or payload[name] < 0):
            raise _malformed(_("Not below 0."), "profile")
    if payload.get("chargingProfilePurpose", Purpose.STATION) not in list(Purpose):
        raise _malformed(_("There is no such purpose."), "purpose")
    if payload.get("connectorId"):
        require_connector(pile, payload["connectorId"])


def check_composite(pile: Pile, payload: Mapping[str, Any]) -> None:
    """Connector 0 is the whole pile; the duration is in seconds (OCPP 1.6 §5.7)."""
    duration, unit = payload.get("duration"), payload.get("chargingRateUnit")
    if type(duration) is not int or not 0 < duration <= LONGEST_COMPOSITE_S:
        raise _malformed(_("Between one second and seven days."), "duration")
    units = means_of(pile).units
    if unit is not None and (unit not in list(Unit) or (units is not None and unit not in units)):
        raise _malformed(str(WORDS["unit"]), "unit")
    require_connector(pile, payload.get("connectorId"))


def require_connector(pile: Pile, number: Any) -> None:
    """Raises Refused unless the pile has the connector; 0 is the pile itself."""
    if type(number) is int and number >= 0:
        known = Connector.objects.filter(pile=pile, number=number)
        if number == 0 or known.exists():
            return
    raise _malformed(str(WORDS["connector"]), "connector")


def is_live(session: RunningSession, connector: Connector | None) -> bool:
    """Whether a running transaction may be sent a profile (domain 1.17, 58)."""
    signs = [session.sample_at]
    if connector is not None and connector.status in CHARGING:
        signs.append(connector.reported_at)
    return is_alive(
        now=clock.now(),
        started_at=session.started_at,
        received_at=session.received_at,
        sign_at=max((sign for sign in signs if sign is not None), default=None),
    )


def _require_able(pile: Pile) -> None:
    """A pile without smart charging would start, and pass over the limit in silence (OCPP 1.6 §5.11)."""
    if missing_profile(pile.feature_profiles, "SetChargingProfile"):
        message = _("The terminal does not list the feature profile %(profile)s.")
        raise Refused(message % {"profile": SMART_CHARGING}, code="unsupported", field="limit")
    group = group_of_pile(pile)
    if group is not None:
        message = _("The load group “%(name)s” gives each charge here its share.")
        raise Refused(message % {"name": group.name}, code="group", field="limit")


def _require_session(pile: Pile, number: int, transaction_id: int | None) -> None:
    for session in sessions_at(pile.pk):
        if (session.connector_number, session.transaction_id) == (number, transaction_id):
            connector = Connector.objects.filter(pile=pile, number=number).first()
            if is_live(session, connector):
                return
            message = _("This charge began long ago, and the terminal gave no sign of it since.")
            raise Refused(message, code="not_now", field="transaction")
    raise Refused(_("No such transaction runs at this connector."), code="not_now", field="transaction")


def _malformed(message: str, field: str) -> Refused:
    return Refused(message, code="malformed", field=field)
