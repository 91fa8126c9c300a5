"""``python -m ocpp_gateway``: the gateway process."""

from __future__ import annotations

import os
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    import_module("ocpp_gateway.process").main()
