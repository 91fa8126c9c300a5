"""``python -m backoffice.simulator --piles N``: piles of the demonstration that charge."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    sys.exit(import_module("backoffice.simulator.process").main())
