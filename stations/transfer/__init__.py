"""Files to and from piles over HTTP, on the event loop: many slow piles must not hold the threads of the pages.

``/files/firmware/<ticket>/<name>`` is fetched, ``/files/uploads/<ticket>/<name>`` is left. No session
and no cookie: the ticket is all that counts.
"""

from stations.transfer.application import PREFIX, application

__all__ = ["PREFIX", "application"]
