"""How often drivers and visitors may ask; how it is counted is the kit's business."""

from __future__ import annotations

from backoffice.kit.rates import Rate, take, wait_of

__all__ = [
    "COMPLAINTS",
    "GUESSES",
    "LINKS",
    "PAY_OUTS",
    "SCANS_OF_ADDRESS",
    "SCANS_OF_DEVICE",
    "STARTS",
    "TOP_UPS",
    "Rate",
    "take",
    "wait_of",
]

SCANS_OF_ADDRESS = Rate("scan-address", 60, 60)
SCANS_OF_DEVICE = Rate("scan-device", 20, 60)
GUESSES = Rate("guess", 20, 600)
"""Links and codes that never existed, from one address; above it nothing is looked up for the window."""

STARTS = Rate("start", 5, 600)
TOP_UPS = Rate("top-up", 10, 3600)
PAY_OUTS = Rate("pay-out", 5, 3600)
LINKS = Rate("link", 3, 3600)
COMPLAINTS = Rate("complaint", 3, 3600)
