"""What a person does for himself: choose where to work, how to read, and how to be called."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.http import require_POST

from backoffice.kit.pages import form_page, requires, way_back
from tenants.forms.people import ProfileForm
from tenants.localities import LANGUAGES
from tenants.middleware import PART_KEY, SESSION_KEY
from tenants.models import Density, Theme
from tenants.selectors import lineage, memberships_of, shut_in
from tenants.services import people
from tenants.views.personal_tabs import tabs


@requires()
@require_POST
def switch(request):
    """Work at another of one's own memberships from now on. 404 for any other."""
    own = {str(membership.pk): membership for membership in memberships_of(request.user)}
    chosen = own.get(request.POST.get("membership", ""))
    if chosen is None:
        raise Http404
    if (stopped := shut_in(lineage(chosen.tenant_id))) is not None:
        messages.error(request, _("%(name)s is not active.") % {"name": stopped.name})
    else:
        request.session[SESSION_KEY] = chosen.pk
        request.session.pop(PART_KEY, None)
    return HttpResponseRedirect("/")


@requires()
@require_POST
def theme(request):
    """Read in light, in dark, or as the system does."""
    if (chosen := request.POST.get("theme")) not in Theme.values:
        raise Http404
    people.edit_profile(request.user, actor=request.actor, theme=chosen)
    return HttpResponseRedirect(way_back(request, "/"))


@requires()
@require_POST
def display(request):
    """How close rows stand, and whether the menu is folded; what is not posted stays."""
    chosen = {name: request.POST[name] for name in ("density",) if name in request.POST}
    if "folded" in request.POST:
        chosen["folded"] = request.POST["folded"] == "1"
    if not chosen or chosen.get("density", Density.USUAL) not in Density.values:
        raise Http404
    people.edit_profile(request.user, actor=request.actor, **chosen)
    return HttpResponseRedirect(way_back(request, "/"))


def set_language(request):
    """Read in a language: kept in a cookie, and for who is signed in in his settings."""
    code = request.POST.get("language")
    if request.method == "POST" and code in LANGUAGES and request.membership:
        people.edit_profile(request.user, actor=request.actor, language=code)
    return i18n.set_language(request)


@requires()
def profile(request):
    """The personal centre."""
    user = request.user
    kept = {name: getattr(user, name) for name in ProfileForm.base_fields}
    return form_page(
        request,
        ProfileForm(request.POST or None, initial=kept),
        title=_("Personal centre"),
        subtitle=user.email,
        tabs=tabs(request, "tenants:profile"),
        save=lambda data: people.edit_profile(user, actor=request.actor, **data),
        then=lambda _user: reverse("tenants:profile"),
        done=_("Saved."),
    )
