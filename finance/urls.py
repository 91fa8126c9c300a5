from django.urls import path

from finance.views import notices, payments, wallets

app_name = "finance"
urlpatterns = [
    path("pay/notice/<str:public_id>", notices.notice, name="notice"),
    path("finance/wallets/<int:pk>/", wallets.wallet, name="wallet"),
    path("finance/wallets/<int:pk>/adjust/", wallets.adjust, name="adjust"),
    path("finance/wallets/<int:pk>/refund/", wallets.pay_out, name="pay_out"),
    path("finance/ledger/<int:pk>/", wallets.journal, name="journal"),
    path("finance/top-ups/<int:pk>/", payments.top_up, name="top_up"),
    path("finance/top-ups/<int:pk>/ask/", payments.ask_channel, name="ask_channel"),
    path("finance/top-ups/<int:pk>/refund/", payments.refund, name="refund"),
    path("finance/channels/connect/", payments.connect, name="connect"),
    path("finance/channels/<int:pk>/", payments.channel, name="channel"),
    path("finance/channels/<int:pk>/edit/", payments.channel_edit, name="channel_edit"),
]
