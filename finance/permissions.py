from backoffice.kit.perms import Perm


class FinancePerm(Perm):
    WALLET_VIEW = "finance.wallet_view"
    WALLET_ADJUST = "finance.wallet_adjust"
    LEDGER_VIEW = "finance.ledger_view"
    TOPUP_VIEW = "finance.topup_view"
    REFUND = "finance.refund"
    CHANNEL_MANAGE = "finance.channel_manage"
    EXPORT = "finance.export"
