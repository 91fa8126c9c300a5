"""``python -m stations.ftp``: the FTP server as a process."""

from __future__ import annotations

import os
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    import_module("stations.ftp.process").main()
