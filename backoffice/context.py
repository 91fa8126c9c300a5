"""What surrounds every page of signed-in staff: menu, tenant path, switcher, account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _, gettext_lazy

from backoffice.kit.frame import Choice, Frame, Link
from backoffice.kit.job_views import tray_of
from backoffice.kit.levels import Level
from backoffice.kit.staff import Reader
from backoffice.menu import menu_for
from tenants.selectors import Ancestor, logo_url

LANGUAGE_NAMES = {"en": "English", "zh-hans": "简体中文"}

SCOPE_NOTES = {
    Level.MANUFACTURER: gettext_lazy("with all its dealers"),
    Level.DEALER: gettext_lazy("with all its operators"),
    Level.OPERATOR: gettext_lazy("with all its agencies"),
    Level.AGENCY: gettext_lazy("agency"),
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``frame`` for staff, nothing for anybody else. Asks the database twice: for jobs, and for the numbers in the menu."""
    theme = getattr(getattr(request, "user", None), "theme", "")
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"theme": theme, "languages": languages(), "language_url": reverse("set_language")}
    lineage: list[Ancestor] = request.lineage  # type: ignore[attr-defined]
    own = lineage[-1]
    shown: list[Ancestor] = request.shown  # type: ignore[attr-defined]
    acting = request.acting  # type: ignore[attr-defined]
    user = acting.actor if acting else membership.user
    jobs = tray_of(Reader.of(request))
    menu = menu_for(request)
    bell = next((item.children[0] for item in menu if item.icon == "alarm" and item.children), None)
    return {
        "theme": theme,
        "frame": Frame(
            menu=menu,
            path=[Link(ancestor.name) for ancestor in lineage[:-1]],
            scope=own.name,
            scope_note=SCOPE_NOTES[own.level],
            memberships=[
                Choice(
                    one.tenant.name,
                    str(one.pk),
                    f"{one.tenant.get_level_display()} · {one.role_name}",
                    one.pk == membership.pk,
                )
                for one in request.memberships  # type: ignore[attr-defined]
            ],
            switch_url=address("tenants:switch"),
            user_name=user.name or user.email,
            user_role=membership.role_name,
            account=[] if acting else account_links(),
            home_url=address("reports.overview") or "/",
            logout_url=address("account_logout"),
            theme_url="" if acting else address("tenants:theme"),
            language_url=reverse("set_language"),
            languages=[] if acting else languages(),
            search_url=address("search"),
            live_url=address("live"),
            alarms_url=bell.url if bell else "",
            alarms_open=(bell.count or 0) if bell else 0,
            jobs_url=reverse("jobs"),
            jobs_running=sum(job.open for job in jobs),
            brand=own.brand,
            acting_as=str(membership.user) if acting else "",
            acting_until=acting.until if acting else None,
            leave_url=address("tenants:leave"),
            brand_logo=logo_url(own.logo),
            crumbs=crumbs(shown[len(lineage) - 1 :]),
            look_url="" if acting else address("tenants:look"),
            choose_url=address("tenants:choose") if own.level.below and not acting else "",
            display_url="" if acting else address("tenants:display"),
            density=user.density,
            folded=user.folded,
            jobs=jobs,
            tray_url=reverse("jobs.tray"),
            place=f"{membership.pk}-{shown[-1].id}",
        ),
    }


def crumbs(chain: list[Ancestor]) -> list[Choice]:
    """The way down to what is looked at; none where that is the own tenant."""
    if len(chain) < 2:
        return []
    last = chain[-1]
    return [Choice(one.name, str(one.id), one.level.label, one is last) for one in chain]


def account_links() -> list[Link]:
    """What stands in the account menu."""
    pages = [
        (_("Personal centre"), "tenants:profile", "person"),
        (_("Password"), "account_change_password", "key"),
    ]
    return [Link(label, url, icon) for label, name, icon in pages if (url := address(name))]


def languages() -> list[Choice]:
    """The languages that can be read, each in its own name."""
    current = translation.get_language() or settings.LANGUAGE_CODE
    return [
        Choice(LANGUAGE_NAMES.get(code, str(label)), code, current=code == current)
        for code, label in settings.LANGUAGES
    ]


def address(name: str) -> str:
    """The address of a page that another room may have; empty where it has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
