"""What this room listens to in the rooms below."""

from __future__ import annotations

from orders import hooks
from scan.services import tell_settled, tell_started

hooks.started.listen(tell_started)
hooks.settled.listen(tell_settled)
