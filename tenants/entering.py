"""Where a job enters the scope of its owner, with the rights that he has by then.

A job that was asked for in another's name runs while its owner still works there in that name, and not after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.utils.translation import gettext as _

from backoffice.kit.errors import Refused
from backoffice.kit.models import Job
from backoffice.kit.perms import Grants
from backoffice.kit.scope import outside, unscoped, within
from backoffice.kit.staff import Reader
from tenants.acting import lent_place, running_for
from tenants.models import User
from tenants.services import tokens
from tenants.workplaces import Workplace, workplace_of


@contextmanager
def enter_as(job: Job) -> Iterator[Reader]:
    """The scope of a job's owner, with the rights that he has now. Raises Refused when he has none any more."""
    place = _place_of(job)
    if place is None or place.membership.pk != job.membership_id or place.shown[-1].id != job.path.owner_id:
        raise Refused(_("You do not work there any more."), code="no_member")
    with outside(), within(place.scope):
        reader = place.reader()
        yield replace(reader, grants=reader.grants & _grants_of_token(job, reader.grants))


def _grants_of_token(job: Job, others: Grants) -> Grants:
    """What the token that began the job reaches now; ``others`` where a person began it. Raises Refused."""
    key = job.params.get("token")
    if key is None:
        return others
    token = tokens.held_token(key)
    if token is None:
        raise Refused(_("The token does not hold any more."), code="token")
    return tokens.reach(token.lists)


def _place_of(job: Job) -> Workplace | None:
    person, _sign, other = job.owner_ref.partition(">")
    if other and job.membership_id is not None:
        acting = running_for(int(person.removeprefix("staff:")), job.membership_id)
        return lent_place(acting) if acting else None
    with unscoped(reason="a job finds its owner"):
        owner = User.objects.filter(memberships=job.membership_id, is_active=True).first()
    return workplace_of(owner, preferred=job.membership_id, part_id=job.path.owner_id) if owner else None
