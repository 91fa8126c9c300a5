"""Pages of tenants, of staff, and of the person who is signed in."""

from __future__ import annotations

from django.urls import path

from tenants.views import (
    calendar,
    personal,
    personal_choices,
    personal_tokens,
    personal_ways_in as ways_in,
    settings,
    staff,
    tenants,
)

app_name = "tenants"

urlpatterns = [
    path("tenants/new/", tenants.create, name="create"),
    path("tenants/<int:pk>/", tenants.tenant, name="tenant"),
    path("tenants/<int:pk>/edit/", tenants.edit, name="edit"),
    path("tenants/<int:pk>/move/", tenants.move, name="move"),
    path("tenants/<int:pk>/owner/", staff.first_owner, name="first_owner"),
    path("system/staff/new/", staff.invite, name="invite"),
    path("system/staff/<int:pk>/", staff.member, name="member"),
    path("system/staff/<int:pk>/edit/", staff.edit, name="member_edit"),
    path("personal/", personal.profile, name="profile"),
    path("personal/two-factor/", ways_in.two_factor_page, name="two_factor"),
    path("personal/two-factor/on/", ways_in.switch_on, name="two_factor_on"),
    path("personal/two-factor/off/", ways_in.switch_off, name="two_factor_off"),
    path("personal/two-factor/codes/", ways_in.new_codes, name="recovery_codes"),
    path("personal/sessions/", ways_in.sessions_page, name="sessions"),
    path("personal/sessions/others/", ways_in.end_others, name="end_others"),
    path("personal/sessions/<str:name>/end/", ways_in.end_session, name="end_session"),
    path("personal/sign-ins/", ways_in.sign_ins, name="sign_ins"),
    path("personal/tokens/", personal_tokens.tokens_page, name="tokens"),
    path("personal/tokens/new/", personal_tokens.new_token, name="token_new"),
    path("personal/tokens/<int:pk>/revoke/", personal_tokens.revoke_token, name="token_revoke"),
    path("personal/notifications/", personal_choices.notifications_page, name="notifications"),
    path("personal/exports/", personal_choices.exports, name="exports"),
    path("system/settings/", settings.index, name="settings"),
    path("system/settings/security/", settings.security, name="settings_security"),
    path("system/settings/retention/", settings.retention, name="settings_retention"),
    path("system/settings/numbers/", settings.numbers, name="settings_numbers"),
    path("system/settings/mail/", settings.mail, name="settings_mail"),
    path("system/settings/mail/test/", settings.mail_test, name="settings_mail_test"),
    path("system/settings/holidays/", calendar.year_page, name="holidays"),
    path("system/settings/holidays/add/", calendar.add_days, name="holidays_add"),
    path("system/settings/holidays/copy/", calendar.copy_year, name="holidays_copy"),
    path("system/settings/holidays/drop/", calendar.drop_day, name="holidays_drop"),
    path("system/settings/holidays/restore/", calendar.restore_day, name="holidays_restore"),
    path("personal/theme/", personal.theme, name="theme"),
    path("personal/membership/", personal.switch, name="switch"),
]
