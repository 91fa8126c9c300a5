"""A question about money in a dialog."""

from __future__ import annotations

from django.http import HttpResponseRedirect
from django.shortcuts import render

from backoffice.kit.pages import attempt


def ask(request, form, *, title, text, save, then, submit_label):
    """A question in a dialog; what the service refuses stands at its field."""
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: save(form.cleaned_data))
        if form.is_valid():
            return HttpResponseRedirect(then)
    return render(
        request,
        "kit/confirm.html",
        {"title": title, "text": text, "form": form, "submit_label": submit_label, "cancel_url": then},
    )
