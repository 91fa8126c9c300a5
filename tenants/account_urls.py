"""Signing in and out, codes and passwords: the pages of django-allauth that this house uses, under its names.

Its other pages (sign-up, several email addresses, sign-in by code) are not there.
"""

from __future__ import annotations

from allauth.account import views
from allauth.mfa.base import views as codes
from django.urls import path, re_path

from tenants.views import personal_ways_in
from tenants.views.invitations import invitation

urlpatterns = [
    path("code/", codes.authenticate, name="mfa_authenticate"),
    path("confirm/", views.reauthenticate, name="account_reauthenticate"),
    path("confirm/code/", codes.reauthenticate, name="mfa_reauthenticate"),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("invitation/<str:token>/", invitation, name="account_invitation"),
    path("signup/", views.signup, name="account_signup"),  # says that it is closed
    path("password/change/", personal_ways_in.password, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
