from django.urls import path

from finance import views

app_name = "finance"
urlpatterns = [path("pay/notice/<str:public_id>", views.notice, name="notice")]
