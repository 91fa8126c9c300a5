"""Where the link of an invitation leads: one page without sign-in, on which a password is set once."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.kit.pages import KEEPS_ITS_ADDRESS, attempt
from tenants.forms.invitations import NewPasswordForm
from tenants.services import invitations


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request, token):
    """Who invites whom, and a password. Looking at it does not use the link up."""
    found = invitations.find_invitation(token)
    if found is None:
        return render(request, "tenants/invitation.html", {"invitation": None}, status=404)
    user = found.membership.user
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        ip = get_adapter().get_client_ip(request)
        password = form.cleaned_data["password1"]
        attempt(form, lambda: invitations.accept_invitation(token, password=password, ip=ip))
        if form.is_valid():
            messages.success(request, _("Your password is set. Sign in with it."))
            return HttpResponseRedirect(reverse("account_login"))
    answer = render(request, "tenants/invitation.html", {"invitation": found, "user": user, "form": form})
    answer["Referrer-Policy"] = KEEPS_ITS_ADDRESS
    return answer
