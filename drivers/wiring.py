"""Answers to the hooks of rooms below, this room's checks and its lists."""

from __future__ import annotations

from django.core.checks import register as register_check
from django.utils.translation import gettext_lazy as _

from backoffice.kit import lists, references, search
from drivers import resources, selectors
from drivers.checks import check_sms_provider
from drivers.permissions import DriverPerm
from drivers.search import CARDS, DRIVERS

register_check(check_sms_provider)
lists.register(resources.DRIVERS)
lists.register(resources.CARDS)
lists.register(resources.SMS_LOG)
search.register(DRIVERS)
search.register(CARDS)
references.add("driver", _("Driver"), to="drivers:driver", perm=DriverPerm.VIEW)
references.add_names("driver", selectors.drivers, perm=DriverPerm.VIEW)
