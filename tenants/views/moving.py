"""Putting a tenant elsewhere in the tree, and ending it: both are looked at before they are done."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice.kit import figures
from backoffice.kit.pages import attempt, question_page, requires, row_or_404
from tenants import hooks, selectors
from tenants.forms.companies import MoveForm
from tenants.obstacles import Blocked, Obstacle
from tenants.permissions import TenantPerm
from tenants.services import tree
from tenants.views.company import address, seen_company, way_to

STEP, MOVE = "step", "move"


@requires(TenantPerm.MANAGE)
def move(request, pk):
    """Under another tenant of the same level as the one above it: where to, then what that means, then it is done."""
    row = seen_company(pk)
    form = MoveForm(request.POST or None, tenant=row, suggestions=address(row, "places"))
    sent = request.method == "POST" and form.is_valid()
    obstacles = []
    if sent:
        act = tree.move_tenant if request.POST.get(STEP) == MOVE else tree.try_to_move
        obstacles = _tried(form, lambda: act(row, actor=request.actor, **form.cleaned_data))
        if form.is_valid() and request.POST.get(STEP) == MOVE:
            return HttpResponseRedirect(address(row))
    previewed = sent and form.is_valid()
    context = {
        "title": _("Move %(name)s") % {"name": row.name},
        "form": form,
        "back": way_to(row),
        "cancel_url": address(row),
        "obstacles": obstacles,
        "facts": _what_moves(row) if previewed else (),
        "target": form.cleaned_data["new_parent"] if previewed else None,
        "company": row,
    }
    return render(request, "tenants/move.html", context)


@requires(TenantPerm.MANAGE)
@require_GET
def places(request, pk):
    """Suggestions of where a tenant could be moved."""
    row = row_or_404(selectors.tenants(), pk=pk)
    form = MoveForm(tenant=row, suggestions="")
    typed = request.GET.get("new_parent", "").replace("\0", "").strip()[:120]
    return render(request, "kit/_options.html", {"options": form.places.suggestions(typed)})


@requires(TenantPerm.CLOSE)
def close(request, pk):
    """End a tenant for good, or say what stands in the way."""
    row = row_or_404(selectors.tenants(), pk=pk)
    if row.parent_id != request.membership.tenant_id:
        raise PermissionDenied
    title = _("Close %(name)s") % {"name": row.name}
    if blockers := selectors.blockers_of(row):
        context = {"title": title, "blockers": blockers, "cancel_url": address(row)}
        return render(request, "tenants/blocked.html", context)
    return question_page(
        request,
        title=title,
        text=_("For good: its staff cannot sign in any more, and nobody can charge there."),
        do=lambda reason: tree.close_tenant(row, actor=request.actor, reason=reason),
        then=address(row),
        done=_("Closed."),
        submit_label=_("Close"),
        danger=True,
    )


def _tried(form, act):
    """What stands in the way, piece by piece; whatever else is refused is said at its field."""
    found: list[Obstacle] = []

    def try_it():
        try:
            act()
        except Blocked as blocked:
            found.extend(blocked.obstacles)
            raise

    attempt(form, try_it)
    return found


def _what_moves(row):
    """What goes along: (what, how much)."""
    used = selectors.usage_of(row.pk)
    counted = [
        (_("Tenants below it"), len(selectors.subtree_ids(row.pk)) - 1),
        (_("Staff"), used["users"]),
        (_("Stations"), used["stations"]),
        (_("Terminals"), used["terminals"]),
    ]
    found = [(label, figures.number_text(count)) for label, count in counted]
    return found + [line for answer in hooks.moving(row) for line in answer]
