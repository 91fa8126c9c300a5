"""The actions of the audit trail in words. Rooms write codes; no room is imported here, a test compares."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words

DEEDS: Mapping[str, Promise] = {
    "alarm.acknowledged": _("Alarm acknowledged"),
    "alarm.closed": _("Alarm closed"),
    "arrears.written_off": _("Arrears written off"),
    "card.blocked": _("Card blocked"),
    "card.edited": _("Card edited"),
    "card.issued": _("Card issued"),
    "card.lost": _("Card reported lost"),
    "card.unblocked": _("Card unblocked"),
    "case.decided": _("Case decided"),
    "case.pile_asked": _("Pile asked about a case"),
    "case.taken": _("Case taken"),
    "channel.connected": _("Payment channel connected"),
    "channel.disabled": _("Payment channel taken out of use"),
    "channel.edited": _("Payment channel edited"),
    "channel.enabled": _("Payment channel taken into use"),
    "channel.notice_refused": _("Notice of a payment channel refused"),
    "command.sent": _("Command sent"),
    "connector.edited": _("Connector edited"),
    "driver.blocked": _("Driver blocked"),
    "driver.created": _("Driver created"),
    "driver.edited": _("Driver edited"),
    "driver.phone_changed": _("Phone of a driver changed"),
    "driver.signed_out": _("Driver signed out everywhere"),
    "driver.unblocked": _("Driver unblocked"),
    "list.exported": _("List exported"),
    "member.added": _("Staff member added"),
    "member.deactivated": _("Work of a staff member ended"),
    "member.edited": _("Staff member edited"),
    "member.link_sent": _("Password link sent"),
    "member.reactivated": _("Staff member let in again"),
    "order.cancelled": _("Order cancelled"),
    "order.corrected": _("Order corrected"),
    "order.created": _("Order created"),
    "order.force_closed": _("Order closed in the database"),
    "order.refunded": _("Order refunded"),
    "order.stop_asked": _("Stop of a charge asked"),
    "pile.created": _("Terminal registered"),
    "pile.edited": _("Terminal edited"),
    "pile.key_replaced": _("Password of a terminal replaced"),
    "pile.moved": _("Terminal moved"),
    "pile.opened": _("Terminal let in without a password"),
    "pile.retired": _("Terminal retired"),
    "pile_model.created": _("Pile model created"),
    "pile_model.edited": _("Pile model edited"),
    "refund.returned": _("Refund returned to the wallet"),
    "settlement.corrected": _("Settlement corrected"),
    "sign_in.failed": _("Sign-in failed"),
    "sign_in.password_set": _("Password set"),
    "sign_in.succeeded": _("Sign-in succeeded"),
    "station.closed": _("Station closed"),
    "station.created": _("Station created"),
    "station.edited": _("Station edited"),
    "station.transferred": _("Station transferred"),
    "tariff.assigned": _("Tariff assigned"),
    "tariff.created": _("Tariff created"),
    "tariff.made_default": _("Tariff made the default"),
    "tariff.renamed": _("Tariff renamed"),
    "tariff.retired": _("Tariff retired"),
    "tariff_version.approved": _("Tariff version approved"),
    "tariff_version.edited": _("Tariff version edited"),
    "tariff_version.withdrawn": _("Tariff version withdrawn"),
    "tariff_version.written": _("Tariff version written"),
    "tenant.closed": _("Tenant closed"),
    "tenant.created": _("Tenant created"),
    "tenant.edited": _("Tenant edited"),
    "tenant.moved": _("Tenant moved"),
    "tenant.resumed": _("Tenant resumed"),
    "tenant.suspended": _("Tenant suspended"),
    "token.issued": _("QR code issued"),
    "token.replaced": _("QR code replaced"),
    "token.revoked": _("QR code revoked"),
    "topup.refunded": _("Top-up refunded"),
    "unclaimed.dismissed": _("Unclaimed terminal taken off the list"),
    "user.edited": _("Profile edited"),
    "wallet.adjusted": _("Balance adjusted"),
    "wallet.gift": _("Bonus adjusted"),
}


def deed_words(action: str) -> Words:
    """What an action is called; one without words keeps its code."""
    return DEEDS.get(action, action)
