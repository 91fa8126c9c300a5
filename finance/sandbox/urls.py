from django.urls import path

from finance.sandbox import views

app_name = "sandbox"
urlpatterns = [path("<str:token>/", views.pay, name="pay")]
