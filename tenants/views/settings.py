"""System settings: one page for each group, with what comes from above and what this level says itself."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings as django_settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.kit import clock
from backoffice.kit.frame import Tab
from backoffice.kit.levels import Level
from backoffice.kit.pages import form_page, requires
from tenants import mail as letters, selectors
from tenants.forms import settings as forms
from tenants.permissions import TenantPerm
from tenants.rules import Mail, Numbers, Retention, Security, in_force, stored
from tenants.services.settings import change_settings
from tenants.views.settings_words import cards


def tabs(request, current):
    """The pages that this level has."""
    request.shown_under = "tenants:settings"
    pages = [
        (_("All settings"), "tenants:settings"),
        (_("Sign-in"), "tenants:settings_security"),
        (_("Retention"), "tenants:settings_retention"),
        (_("Holidays"), "tenants:holidays"),
        (_("Mail"), "tenants:settings_mail"),
    ]
    if request.lineage[-1].level is Level.OPERATOR:
        pages.insert(3, (_("Numbers"), "tenants:settings_numbers"))
    return [Tab(label, reverse(name), current=name == current) for label, name in pages]


@requires(TenantPerm.SETTINGS_VIEW)
def index(request):
    """What is in force, group by group."""
    context = {
        "title": _("System settings"),
        "tabs": tabs(request, "tenants:settings"),
        "cards": cards(request.lineage),
    }
    return render(request, "tenants/settings/index.html", context)


@requires(TenantPerm.SETTINGS_VIEW)
def security(request):
    """Passwords, codes and how long a sign-in holds."""
    note = _("A level can demand more than the one above, never less.")
    return _group_page(
        request, Security, forms.SecurityForm, "tenants:settings_security", _("Sign-in policy"), note
    )


@requires(TenantPerm.SETTINGS_VIEW)
def retention(request):
    """How long things are kept."""
    note = _("A level can keep things for a shorter time than the one above, not for longer.")
    return _group_page(
        request,
        Retention,
        forms.RetentionForm,
        "tenants:settings_retention",
        _("Retention"),
        note,
        is_top=request.lineage[-1].level is Level.MANUFACTURER,
    )


@requires(TenantPerm.SETTINGS_VIEW)
def numbers(request):
    """What order numbers begin with. 404 for those who have no orders of their own."""
    own = request.lineage[-1]
    if own.level is not Level.OPERATOR:
        raise Http404
    return _group_page(
        request,
        Numbers,
        forms.NumbersForm,
        "tenants:settings_numbers",
        _("Order numbers"),
        _("A change concerns orders that begin after it; numbers that are given stay."),
        year=timezone.localtime(clock.now()).year,
        usual=own.code,
    )


@requires(TenantPerm.SETTINGS_VIEW)
def mail(request):
    """How letters look."""
    return _group_page(
        request,
        Mail,
        forms.MailForm,
        "tenants:settings_mail",
        _("Mail"),
        _("The address that letters come from is the house's; mail programs distrust any other."),
        template="tenants/settings/mail.html",
        house=parseaddr(django_settings.DEFAULT_FROM_EMAIL)[0],
    )


@requires(TenantPerm.SETTINGS)
@require_POST
def mail_test(request):
    """A letter to oneself."""
    try:
        letters.send_test(request.user, request.membership.tenant)
    except OSError as error:
        messages.error(request, _("The letter did not leave: %(why)s") % {"why": error})
    else:
        messages.success(
            request, _("A letter is on its way to %(address)s.") % {"address": request.user.email}
        )
    return HttpResponseRedirect(reverse("tenants:settings_mail"))


def _group_page(request, group, kind, name, title, note, template="tenants/settings/group.html", **options):
    """Show a group, and change it for those who may."""
    may = TenantPerm.SETTINGS in request.grants
    if request.method == "POST" and not may:
        raise PermissionDenied
    *higher, own = request.lineage
    form = kind(
        request.POST or None,
        above=in_force(group, [one.settings for one in higher], selectors.house_of(group)),
        own=stored(group, own.settings),
        names=[one.name for one in higher],
        **options,
    )
    for field in form.fields.values():
        field.disabled = field.disabled or not may
    return form_page(
        request,
        form,
        template=template,
        title=_("System settings"),
        tabs=tabs(request, name),
        sections=[(title, note, list(form))],
        save=lambda _data: change_settings(
            request.membership.tenant, group, form.wanted(), actor=request.actor
        ),
        then=lambda _row: reverse(name),
        done=_("Saved."),
        may=may,
    )
