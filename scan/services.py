"""What drivers are told by SMS: the link when a charge starts, the receipt when it ends, and whenever they ask.

A message is queued with the change that causes it, so it leaves if and only if that was committed.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from backoffice.kit.figures import NBSP, energy_text, money_text
from backoffice.kit.money import Money
from drivers.models import Driver, SmsPurpose
from drivers.selectors import as_actor
from drivers.services import edit_driver, send_sms
from orders import history
from orders.models import ChargingOrder
from orders.services import billing, idling
from orders.states import ChargeState
from scan.times import clock_text
from tenants.localities import LANGUAGES
from tenants.selectors import locality_of


def link_of(order: ChargingOrder) -> str:
    """The permanent address of a charge: live while it runs, the receipt afterwards."""
    return settings.PUBLIC_URL + reverse("scan:order", args=[order.public_id])


def tell_started(order: ChargingOrder) -> None:
    """A listener of ``orders``: the way back to the page, whatever becomes of the browser."""
    driver = order.driver
    if driver is None:
        return
    with translation.override(_language(driver)):
        text = _("Charging started at %(pile)s %(letter)s. Follow it or stop it: %(link)s") % {
            "pile": order.pile.name,
            "letter": order.connector.letter,
            "link": link_of(order),
        }
    _send(order, driver, SmsPurpose.CHARGE, text)


def tell_settled(order: ChargingOrder) -> None:
    """A listener of ``orders``: the bill, and later what changed it."""
    driver = order.driver
    if driver is None:
        return
    with translation.override(_language(driver)):
        total = _plain(Money(order.total, order.currency))
        if order.version > 1:
            text = _("Your bill is now %(total)s. Receipt: %(link)s") % {
                "total": total,
                "link": link_of(order),
            }
        else:
            text = _("Charging ended: %(energy)s kWh, %(total)s. Receipt: %(link)s") % {
                "energy": energy_text(order.energy_wh, 2),
                "total": total,
                "link": link_of(order),
            }
            text = " ".join(filter(None, [text, _idle_notice(order)]))
    _send(order, driver, SmsPurpose.RECEIPT, text)


def text_link(order: ChargingOrder, *, driver: Driver) -> None:
    """The driver asks for the link; in the language of the page."""
    ended = order.charge_state == ChargeState.ENDED
    words = _("Your receipt: %(link)s") if ended else _("Your charge: %(link)s")
    purpose = SmsPurpose.RECEIPT if ended else SmsPurpose.CHARGE
    _send(order, driver, purpose, words % {"link": link_of(order)})


@transaction.atomic
def note_language(driver: Driver, language: str) -> None:
    """Messages come in the language that the driver reads."""
    if language in LANGUAGES and driver.locale != language:
        edit_driver(driver, actor=as_actor(driver), locale=language)


def _idle_notice(order: ChargingOrder) -> str:
    tariff = billing.tariff_of(order)
    if tariff is None or tariff.idle is None or order.stopped_at is None or order.unplugged_at is not None:
        return ""
    if not tariff.idle.per_minute or not idling.is_chargeable(order, tariff) or not order.total:
        return ""
    begins = order.stopped_at + timedelta(minutes=tariff.idle.grace_min)
    return _("Please unplug: from %(time)s an idle fee of %(fee)s a minute is charged.") % {
        "time": clock_text(begins, tariff.zone),
        "fee": _plain(Money(tariff.idle.per_minute, order.currency)),
    }


def _plain(money: Money) -> str:
    """Without the blank that does not break: it would cost a message twice as many parts."""
    return money_text(money).replace(NBSP, "")


def _language(driver: Driver) -> str:
    return driver.locale if driver.locale in LANGUAGES else locality_of(driver.tenant_id).locale


def _send(order: ChargingOrder, driver: Driver, purpose: SmsPurpose, text: str) -> None:
    send_sms(driver.tenant_id, driver.phone, purpose=purpose, text=text, about=history.reference(order))
