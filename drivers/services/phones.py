"""What a person typed as a phone number, as the number it is at an operator."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.kit.errors import Refused
from drivers.phones import PhoneError, PhoneFault, parse_phone, region_of
from tenants.selectors import locality_of

WORDS: dict[PhoneFault, Promise] = {
    PhoneFault.EMPTY: _("Type a phone number."),
    PhoneFault.NOT_A_NUMBER: _("This is not a phone number."),
    PhoneFault.NO_COUNTRY: _("Begin with the country code, such as +86."),
    PhoneFault.IMPOSSIBLE: _("There is no such phone number."),
    PhoneFault.NOT_MOBILE: _("This number cannot receive messages. Type a mobile number."),
}


def phone_at(operator_id: int, typed: str) -> str:
    """E.164; without a country code it is a number of the operator's country. Raises Refused at ``phone``."""
    here = locality_of(operator_id)
    try:
        return parse_phone(typed, region_of(here.currency, here.timezone))
    except PhoneError as error:
        raise Refused(WORDS[error.fault], code=error.fault.value, field="phone") from None
