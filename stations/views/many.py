"""The page on which something is begun at many terminals."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import figures
from backoffice.kit.lists.views import picked_rows
from backoffice.kit.pages import ONCE, form_page
from stations import selectors
from stations.features import PROFILE_OF
from stations.resources import PILES
from stations.services import campaigns


def picked_page(request, form, **context):
    """The same about the rows that were picked in the list of terminals."""
    rows = picked_rows(request, PILES)
    if request.method == "GET" and not rows.exists():
        raise Http404
    return many_page(
        request,
        rows,
        form,
        back=PILES.back(),
        picked=[key for key in request.POST.getlist("pk") if key.isascii() and key.isdigit()],
        **context,
    )


def many_page(
    request, rows, form, *, title, kind, params, back, template="stations/bulk_ask.html", **context
):
    """Show what is to be begun; when it is sent and right, begin it as a campaign of this kind."""
    profile = PROFILE_OF.get(kind.action, "")
    return form_page(
        request,
        form,
        title=f"{title} · {count_words(rows.count())}",
        template=template,
        save=lambda data: campaigns.create_campaign(
            kind.name,
            rows,
            tenant_id=request.membership.tenant_id,
            actor=request.actor,
            title=title,
            params=params(),
            reason=data["reason"],
            token=request.POST.get(ONCE, ""),
            **form.terms(),
        ),
        then=lambda campaign: reverse("stations:campaign", args=[campaign.pk]),
        submit_label=_("Begin"),
        back=back,
        cancel_url=back.url,
        preview=selectors.preview_of(rows, profile),
        profile=profile,
        **context,
    )


def count_words(count):
    """How many terminals."""
    words = ngettext("%(count)s terminal", "%(count)s terminals", count)
    return words % {"count": figures.number_text(count)}
