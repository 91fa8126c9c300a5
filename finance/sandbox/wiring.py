"""Makes the sandbox reachable for merchants, where it is switched on."""

from __future__ import annotations

from django.conf import settings

from finance import channels
from finance.channels import sandbox as line
from finance.models import ChannelKind
from finance.sandbox import server

if settings.SANDBOX_PAYMENTS:
    line.carry.provide(server.answer)
    channels.register(ChannelKind.SANDBOX, line.SandboxClient)
