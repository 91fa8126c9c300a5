"""Pages of tenants, of staff, and of the person who is signed in."""

from __future__ import annotations

from django.urls import path

from tenants.views import bulk, looking, moving, papers, personal, staff, tenants

app_name = "tenants"

urlpatterns = [
    path("tenants/new/", tenants.create, name="create"),
    path("tenants/<int:pk>/", tenants.tenant, name="tenant"),
    path("tenants/<int:pk>/edit/", tenants.edit, name="edit"),
    path("tenants/<int:pk>/move/", moving.move, name="move"),
    path("tenants/<int:pk>/move/places/", moving.places, name="places"),
    path("tenants/<int:pk>/close/", moving.close, name="close"),
    path("tenants/<int:pk>/quotas/", tenants.quotas, name="quotas"),
    path("tenants/<int:pk>/staff/", tenants.staff_of, name="staff_of"),
    path("tenants/<int:pk>/changes/", tenants.trail, name="trail"),
    path("tenants/<int:pk>/contacts/", papers.contacts, name="contacts"),
    path("tenants/<int:pk>/contacts/new/", papers.contact_new, name="contact_new"),
    path("tenants/<int:pk>/files/", papers.papers, name="papers"),
    path("tenants/<int:pk>/files/new/", papers.paper_new, name="paper_new"),
    path("tenants/<int:pk>/brand/", papers.brand, name="brand"),
    path("tenants/<int:pk>/brand/logo/", papers.logo_new, name="logo_new"),
    path("tenants/<int:pk>/brand/logo/remove/", papers.logo_remove, name="logo_remove"),
    path("tenants/contacts/<int:pk>/edit/", papers.contact_edit, name="contact_edit"),
    path("tenants/contacts/<int:pk>/remove/", papers.contact_remove, name="contact_remove"),
    path("tenants/files/<int:pk>/", papers.paper, name="paper"),
    path("tenants/files/<int:pk>/remove/", papers.paper_remove, name="paper_remove"),
    path("tenants/bulk/", bulk.edit, name="bulk"),
    path("q/logo/<str:name>", papers.logo, name="logo"),
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
