"""The provider's own clockwork."""

from __future__ import annotations

from backoffice.kit.tasks import sweep
from finance.channels.transport import post_over_http
from finance.sandbox import deliveries, provider


@sweep
def deliver() -> None:
    provider.settle_due()
    deliveries.deliver_due(post_over_http)


SCHEDULE = {deliver: 2}
