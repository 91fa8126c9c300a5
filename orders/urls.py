"""The pages of one order and of one case. Lists have their own addresses, which come first."""

from __future__ import annotations

from django.urls import path

from orders.views import case, order, printed, together

urlpatterns = [
    path("orders/cases/together/", together.decide, name="orders.cases_together"),
    path("system/cases/", together.policy, name="orders.case_policy"),
    path("orders/cases/<str:number>/", case.case, name="orders.case"),
    path("orders/cases/<str:number>/take/", case.take, name="orders.case_take"),
    path("orders/cases/<str:number>/ask/", case.ask_pile, name="orders.case_ask"),
    path("orders/cases/<str:number>/accept/", case.accept, name="orders.case_accept"),
    path("orders/cases/<str:number>/correct/", case.correct, name="orders.case_correct"),
    path("orders/cases/<str:number>/refund/", case.refund, name="orders.case_refund"),
    path("orders/cases/<str:number>/waive/", case.waive, name="orders.case_waive"),
    path("orders/cases/<str:number>/assign/", case.assign, name="orders.case_assign"),
    path("orders/cases/<str:number>/approve/", case.approve, name="orders.case_approve"),
    path("orders/cases/<str:number>/return/", case.send_back, name="orders.case_return"),
    path("orders/cases/<str:number>/write-off/", case.write_off, name="orders.case_write_off"),
    path("orders/cases/<str:number>/void/", case.void, name="orders.case_void"),
    path("orders/<str:order_no>/print/", printed.order, name="orders.print"),
    path("orders/<str:order_no>/", order.order, name="orders.order"),
    path("orders/<str:order_no>/stop/", order.stop, name="orders.stop"),
    path("orders/<str:order_no>/close/", order.close, name="orders.close"),
    path("orders/<str:order_no>/cancel/", order.cancel, name="orders.cancel"),
    path("orders/<str:order_no>/refund/", order.refund, name="orders.refund"),
]
