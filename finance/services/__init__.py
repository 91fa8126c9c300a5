"""Writes of the money room. Minor units everywhere; every one of them may be repeated without harm."""

from finance.services.arrears import write_off_arrears
from finance.services.channels import connect_sandbox, edit_channel, notify_url, switch_channel
from finance.services.holds import place_hold, release_hold
from finance.services.notices import receive_notice
from finance.services.refunds import (
    note_refund_status,
    refund_to_wallet,
    refund_top_up,
    refund_wallet,
    return_refund,
    send_due_refunds,
    send_refund,
)
from finance.services.settlements import correct_settlement, settle_hold
from finance.services.top_ups import (
    ask_about,
    ask_due_top_ups,
    cancel_top_up,
    start_top_up,
    take_in,
)
from finance.services.wallets import adjust_balance, give_bonus, wallet_for

__all__ = [
    "adjust_balance",
    "ask_about",
    "ask_due_top_ups",
    "cancel_top_up",
    "connect_sandbox",
    "correct_settlement",
    "edit_channel",
    "give_bonus",
    "note_refund_status",
    "notify_url",
    "place_hold",
    "receive_notice",
    "refund_to_wallet",
    "refund_top_up",
    "refund_wallet",
    "release_hold",
    "return_refund",
    "send_due_refunds",
    "send_refund",
    "settle_hold",
    "start_top_up",
    "switch_channel",
    "take_in",
    "wallet_for",
    "write_off_arrears",
]
