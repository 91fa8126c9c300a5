"""API tokens of a person: what there are, a new one, one less."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from backoffice.kit import clock
from backoffice.kit.frame import Link
from backoffice.kit.lists import named, registered
from backoffice.kit.pages import attempt, question_page, requires, row_or_404
from tenants import selectors
from tenants.forms.personal import TokenForm
from tenants.mail import absolute
from tenants.services import tokens
from tenants.views.personal_tabs import tabs

HERE = "tenants:tokens"


@requires()
def tokens_page(request):
    """Every token that the person has at this tenant."""
    titles = {one.name: one.title for one in registered()}
    now = clock.now()
    lines = [
        (row, row.holds_at(now), [titles.get(name, name) for name in row.lists])
        for row in selectors.tokens_of(request.user)
    ]
    context = {"title": _("Personal centre"), "tabs": tabs(request, HERE), "lines": lines}
    return render(request, "tenants/personal/tokens.html", context)


@requires()
@never_cache
def new_token(request):
    """Name it, say what it opens and how long; its secret is in the answer and nowhere else."""
    offered = tokens.offered_lists(request.grants)
    form = TokenForm(request.POST or None, offered=offered)
    back = Link(_("API tokens"), reverse(HERE))
    if request.method == "POST" and form.is_valid():
        given = {"grants": request.grants, "actor": request.actor, **form.cleaned_data}
        issued = attempt(form, lambda: tokens.issue_token(request.membership, **given))
        if issued:
            address = absolute(named(issued.row.lists[0]).url_of("export"))
            example = f'curl -OJ -H "Authorization: Bearer {issued.secret}" {address}'
            context = {"title": issued.row.name, "back": back, "issued": issued, "example": example}
            return render(request, "tenants/personal/token.html", context)
    context = {
        "title": _("New API token"),
        "form": form,
        "back": back,
        "submit_label": _("Make the token"),
        "cancel_url": back.url,
    }
    return render(request, "tenants/personal/new_token.html", context)


@requires()
def revoke_token(request, pk):
    """One that opens nothing any more."""
    row = row_or_404(selectors.tokens_of(request.user), pk=pk)
    return question_page(
        request,
        title=_("Revoke %(name)s") % {"name": row.name},
        submit_label=_("Revoke"),
        text=_("Programs that use it are refused from this moment on."),
        do=lambda _reason: tokens.revoke_token(row, actor=request.actor),
        then=reverse(HERE),
        reason=False,
        danger=True,
        done=_("Revoked."),
    )
