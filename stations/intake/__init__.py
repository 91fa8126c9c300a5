"""What piles report, written in batches by the gateway's store.

Each function takes facts in order and runs inside the caller's transaction, with the scope lifted;
``admit`` and ``note_refusals`` stand alone. Whatever is handed in twice changes nothing the second time.
"""

from stations.intake.access import Started, use_reservations
from stations.intake.boots import boot
from stations.intake.certificates import ask_certificates
from stations.intake.door import admit, note_refusals
from stations.intake.files import report_files, report_firmware, report_uploads
from stations.intake.frames import keep_frames, note
from stations.intake.outcomes import keep_outcomes
from stations.intake.presence import (
    LOOK_EVERY_S,
    connect,
    disconnect,
    drop_ghosts,
    drop_lost_gateways,
    see,
    see_gateway,
    start_gateway,
    still_here,
)
from stations.intake.proofs import unproven
from stations.intake.routing import Holdings, claim, compare_holdings, pass_on
from stations.intake.security import report_security
from stations.intake.statuses import report_status
from stations.intake.vendors import answer_vendors

__all__ = [
    "LOOK_EVERY_S",
    "Holdings",
    "Started",
    "admit",
    "answer_vendors",
    "ask_certificates",
    "boot",
    "claim",
    "compare_holdings",
    "connect",
    "disconnect",
    "drop_ghosts",
    "drop_lost_gateways",
    "keep_frames",
    "keep_outcomes",
    "note",
    "note_refusals",
    "pass_on",
    "report_files",
    "report_firmware",
    "report_security",
    "report_status",
    "report_uploads",
    "see",
    "see_gateway",
    "start_gateway",
    "still_here",
    "unproven",
    "use_reservations",
]
