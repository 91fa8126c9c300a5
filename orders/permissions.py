from backoffice.kit.perms import Perm


class OrderPerm(Perm):
    VIEW = "orders.view"
    STOP = "orders.stop"
    FORCE_CLOSE = "orders.force_close"
    CASE_VIEW = "orders.case_view"
    CASE_DECIDE = "orders.case_decide"
    CASE_POLICY = "orders.case_policy"
    EXPORT = "orders.export"
