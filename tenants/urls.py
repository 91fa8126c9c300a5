"""Pages of tenants, of staff, and of the person who is signed in."""

from __future__ import annotations

from django.urls import path

from tenants.views import acting, personal, roles, staff, tenants

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
    path("system/staff/<int:pk>/log-in-as/", acting.begin, name="act_as"),
    path("system/staff/leave/", acting.leave, name="leave"),
    path("system/roles/new/", roles.create, name="role_new"),
    path("system/roles/built-in/", roles.built_in, name="built_in_roles"),
    path("system/roles/<int:pk>/", roles.role, name="role"),
    path("system/roles/<int:pk>/edit/", roles.edit, name="role_edit"),
    path("personal/", personal.profile, name="profile"),
    path("personal/theme/", personal.theme, name="theme"),
    path("personal/membership/", personal.switch, name="switch"),
]
