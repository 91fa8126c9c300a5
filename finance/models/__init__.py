"""Tables of the money room, by noun. Other rooms read them through ``finance.selectors``."""

from finance.models.channels import ChannelKind, ChannelNotice, PaymentChannel
from finance.models.ledger import Account, AccountKind, Journal, Posting
from finance.models.payments import Refund, RefundKind, RefundState, TopUp, TopUpState
from finance.models.wallets import Debt, Hold, HoldState, Settlement, Wallet

__all__ = [
    "Account",
    "AccountKind",
    "ChannelKind",
    "ChannelNotice",
    "Debt",
    "Hold",
    "HoldState",
    "Journal",
    "PaymentChannel",
    "Posting",
    "Refund",
    "RefundKind",
    "RefundState",
    "Settlement",
    "TopUp",
    "TopUpState",
    "Wallet",
]
