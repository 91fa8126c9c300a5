"""The house behind the gateway: facts in, committed in groups; answers out, after the commit.

The event loop never waits for the database. Each pile belongs to one lane, so that its facts are
written in their order; a lane is a thread with a connection of its own that takes whatever has come
meanwhile as one transaction.
"""

from ocpp_gateway.store.batch import still_here
from ocpp_gateway.store.central import Store, StoreLimits

__all__ = ["Store", "StoreLimits", "still_here"]
