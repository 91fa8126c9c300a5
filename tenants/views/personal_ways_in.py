"""How a person gets in: password, second factor, the browsers that are signed in, and what was tried."""

from __future__ import annotations

from typing import Any

import segno
from allauth.account.decorators import reauthentication_required
from allauth.account.views import PasswordChangeView
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.kit.errors import Refused
from backoffice.kit.frame import Link
from backoffice.kit.pages import attempt, detail_page, question_page, requires
from tenants import selectors
from tenants.browsers import browser_words
from tenants.duties import PASSWORD_DUE
from tenants.services import sessions, two_factor
from tenants.sign_in import CodeAdapter
from tenants.views.personal_tabs import tabs

HERE = "tenants:two_factor"
CONFIRMED = reauthentication_required(app="allauth.mfa")


class PasswordPage(PasswordChangeView):
    """The library's page in our frame."""

    template_name = "tenants/personal/password.html"

    def get_context_data(self, **kwargs):
        user: Any = self.request.user
        least = selectors.security_of_user(user).min_length
        due = _("Your password is shorter than %(least)s characters, which are demanded now.") % {
            "least": least
        }
        return super().get_context_data(**kwargs) | {
            "title": _("Personal centre"),
            "tabs": tabs(self.request, "account_change_password"),
            "submit_label": _("Save the password"),
            "due": due if self.request.session.get(PASSWORD_DUE) else "",
        }


password = requires()(PasswordPage.as_view())


@requires()
@never_cache
def two_factor_page(request):
    """Whether a code is asked for at sign-in, and what to do about it."""
    user = request.user
    return render(
        request,
        "tenants/personal/two_factor.html",
        {
            "title": _("Personal centre"),
            "tabs": tabs(request, HERE),
            "is_on": two_factor.is_on(user),
            "codes_left": two_factor.codes_left(user),
            "demanded": two_factor.is_demanded(user),
        },
    )


@requires()
@CONFIRMED
@never_cache
def switch_on(request):
    """Scan a code with the phone, type what it shows, and see the recovery codes once."""
    if two_factor.is_on(request.user):
        return HttpResponseRedirect(reverse(HERE))
    form = ActivateTOTPForm(request.POST or None, user=request.user)
    form.fields["code"].label = _("Code that the app shows")
    form.fields["code"].widget.attrs["placeholder"] = ""
    if request.method == "POST" and form.is_valid():
        codes = attempt(form, lambda: two_factor.switch_on(request.user, form.secret, actor=request.actor))
        if codes:
            request.session.pop(SECRET_SESSION_KEY, None)
            sessions.end_sessions(request.user, actor=request.actor, keep=request.session.session_key)
            return _show(request, codes)
    address = CodeAdapter(request).build_totp_url(request.user, form.secret)
    drawing = segno.make_qr(address, error="m").svg_inline(
        scale=4, dark="#000", light="#fff", border=3, omitsize=True
    )
    return render(
        request,
        "tenants/personal/switch_on.html",
        {
            "title": _("Set up two-factor sign-in"),
            "back": Link(_("Two-factor"), reverse(HERE)),
            "form": form,
            "secret": form.secret,
            "drawing": mark_safe(drawing),  # noqa: S308 - drawn by segno from our own address
        },
    )


@requires()
@CONFIRMED
def switch_off(request):
    """Ask for no code any more."""
    return question_page(
        request,
        title=_("Switch two-factor sign-in off"),
        text=_("From now on the password alone lets in. The recovery codes stop working."),
        do=lambda _reason: two_factor.switch_off(request.user, actor=request.actor),
        then=reverse(HERE),
        reason=False,
        danger=True,
        done=_("Two-factor sign-in is off."),
    )


@requires()
@require_http_methods(["GET", "POST"])
@CONFIRMED
@never_cache
def new_codes(request):
    """New recovery codes in place of the old ones, seen once."""
    if request.method == "POST":
        try:
            return _show(request, two_factor.renew_codes(request.user, actor=request.actor))
        except Refused as refused:
            messages.error(request, str(refused.message))
            return HttpResponseRedirect(reverse(HERE))
    context = {
        "title": _("New recovery codes"),
        "text": _("The codes that you have do not work any more then. The new ones are shown once."),
        "submit_label": _("Make new codes"),
        "cancel_url": reverse(HERE),
    }
    return render(request, "kit/confirm.html", context)


@requires()
def sessions_page(request):
    """Every browser that is signed in as this person."""
    own = request.session.session_key
    rows = selectors.sessions_of(request.user)
    lines = [
        {
            "name": sessions.public_name(row),
            "browser": browser_words(row.browser) or _("Unknown browser"),
            "row": row,
            "own": row.session_key == own,
        }
        for row in rows
    ]
    return render(
        request,
        "tenants/personal/sessions.html",
        {
            "title": _("Personal centre"),
            "tabs": tabs(request, "tenants:sessions"),
            "lines": sorted(lines, key=lambda one: not one["own"]),
        },
    )


@requires()
@require_POST
def end_session(request, name):
    """End one of one's own. 404 for what is none."""
    if not sessions.end_session(request.user, name, actor=request.actor):
        raise Http404
    messages.success(request, _("The session has ended."))
    return HttpResponseRedirect(reverse("tenants:sessions"))


@requires()
@require_POST
def end_others(request):
    """End all but this one."""
    count = sessions.end_sessions(request.user, actor=request.actor, keep=request.session.session_key)
    words = ngettext("%(n)s session has ended.", "%(n)s sessions have ended.", count) % {"n": count}
    messages.success(request, words if count else _("There was no other session."))
    return HttpResponseRedirect(reverse("tenants:sessions"))


@requires()
def sign_ins(request):
    """The last times that somebody came in, or tried to."""
    return detail_page(
        request,
        "tenants/personal/sign_ins.html",
        title=_("Personal centre"),
        tabs=tabs(request, "tenants:sign_ins"),
        rows=selectors.sign_ins_of(request.user),
    )


def _show(request, codes):
    return render(
        request,
        "tenants/personal/codes.html",
        {"title": _("Recovery codes"), "back": Link(_("Two-factor"), reverse(HERE)), "codes": codes},
    )
