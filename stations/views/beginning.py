"""The question before a campaign begins, for pages that know already what is asked of whom."""

from __future__ import annotations

from django.urls import reverse

from backoffice.kit.pages import form_page
from stations.forms.campaigns import BeginForm
from stations.services.campaigns import create_campaign


def begin_page(request, kind, rows, *, title, text, cancel_url, submit_label, params=None, **terms):
    """Ask why, begin a campaign of this kind for these piles, and go on to its page. Sent twice, it is one."""
    return form_page(
        request,
        BeginForm(request.POST or None),
        title=title,
        template="kit/confirm.html",
        save=lambda data: create_campaign(
            kind,
            rows,
            tenant_id=request.membership.tenant_id,
            actor=request.actor,
            title=title,
            params=params,
            reason=data["reason"],
            token=data["once"],
            **terms,
        ),
        then=lambda campaign: reverse("stations:campaign", args=[campaign.pk]),
        text=text,
        cancel_url=cancel_url,
        submit_label=submit_label,
    )
