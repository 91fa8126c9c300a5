"""Letters about what happened, to those who chose to get them and are not looking anyway."""

from __future__ import annotations

from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.models import Job, JobState
from backoffice.kit.scope import unscoped
from tenants.mail import absolute, letter
from tenants.models import Membership, Tenant, TenantStatus, User
from tenants.notifications import wants
from tenants.selectors import choices_of, locality_of, owners_of
from tenants.services import sessions

KINDS = {JobState.DONE: "job.done", JobState.FAILED: "job.failed"}


def tell_of_review(tenant: Tenant) -> None:
    """Mail the owners whom it concerns: above, that papers wait to be looked at; at the tenant, what came of it."""
    with unscoped(reason="a letter crosses from one level to the next"):
        reader = tenant.parent_id if tenant.status == TenantStatus.SUBMITTED else tenant.pk
        if reader is None:
            return
        context = {
            "tenant": tenant.name,
            "status": tenant.status,
            "reason": tenant.status_reason,
            "url": absolute(reverse("tenants:tenant", args=[tenant.pk])),
        }
        for owner in owners_of(reader).select_related("user"):
            letter("tenants/mail/review", to=owner.user, tenant_id=reader, context=context)


def tell_of_job(job: Job) -> None:
    """Mail the owner of a job that is over. What a program began, it asks for itself; what was begun in another's
    name ends with it.
    """
    kind, _colon, key = job.owner_ref.partition(":")
    name = KINDS.get(JobState(job.state))
    if kind != "staff" or not key.isdigit() or name is None or "token" in job.params:
        return
    with unscoped(reason="a job's own owner is told"):
        user = User.objects.filter(pk=int(key), is_active=True).first()
        own = Membership.objects.filter(user_id=int(key), is_active=True)
        membership = next((one for one in own if one.pk == job.membership_id), None)
        if user is None or membership is None or not sessions.is_away(user):
            return
        zone = locality_of(membership.tenant_id).timezone
        if wants(user, name, choices=choices_of(user), zone=zone, at=clock.now()):
            page = absolute(reverse("jobs.job", args=[job.public_id]))
            context = {
                "title": job.title,
                "url": page,
                "failed": name == KINDS[JobState.FAILED],
                "error": job.error,
            }
            letter("tenants/mail/job", to=user, tenant_id=membership.tenant_id, context=context)
