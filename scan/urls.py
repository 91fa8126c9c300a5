from django.urls import path

from scan import streams
from scan.views import account, landing, live, payments, sign_in, start

app_name = "scan"
urlpatterns = [
    path("q/", landing.typed, name="typed"),
    path("q/<str:token>", landing.landing, name="landing"),
    path("q/<str:token>/match", landing.match, name="match"),
    path("q/<str:token>/start", start.start, name="start"),
    path("q/<str:token>/add-money", start.add_money, name="add_money"),
    path("c/", account.front, name="front"),
    path("c/at/<int:operator_id>/", account.charges, name="charges"),
    path("c/at/<int:operator_id>/sign-in", sign_in.phone, name="sign_in"),
    path("c/at/<int:operator_id>/sign-in/code", sign_in.code, name="sign_in_code"),
    path("c/at/<int:operator_id>/sign-out", sign_in.sign_out, name="sign_out"),
    path("c/at/<int:operator_id>/wallet", account.wallet, name="wallet"),
    path("c/at/<int:operator_id>/add-money", payments.add_money, name="top_up"),
    path("c/at/<int:operator_id>/add-money/<slug:number>", payments.top_up, name="payment"),
    path("c/at/<int:operator_id>/add-money/<slug:number>/cancel", payments.cancel, name="payment_cancel"),
    path("c/at/<int:operator_id>/take-out", payments.take_out, name="take_out"),
    path("c/<slug:public_id>", live.order, name="order"),
    path("c/<slug:public_id>/cancel", live.cancel, name="cancel"),
    path("c/<slug:public_id>/stop", live.stop, name="stop"),
    path("c/<slug:public_id>/text", live.text, name="text"),
    path("c/<slug:public_id>/problem", live.problem, name="problem"),
    path("c/<slug:public_id>/stream", streams.order_stream, name="stream"),
]
