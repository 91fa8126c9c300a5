"""Pages of tenants, of staff, and of the person who is signed in."""

from __future__ import annotations

from django.urls import path

from tenants.views import looking, personal, staff, tenants

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
    path("personal/theme/", personal.theme, name="theme"),
    path("personal/membership/", personal.switch, name="switch"),
    path("personal/display/", personal.display, name="display"),
    path("personal/view/", looking.look, name="look"),
    path("personal/view/choose/", looking.choose, name="choose"),
]
