"""The central-system certification cases of OCPP 1.6 with its security extension, one test each or more.

The list names ranges; this is what it expands to, and how it comes to 77:

    core, sessions      001 003 004_1 004_2 005_1 007 061                              7
    core, remote        010 011_1 011_2 012 013 014 017_1 017_2 018_1 026 028 030 031  13   20
    core, configuration 019_1 019_2 021 040_1 040_2                                    5   25
    core, refusals      023_1 023_2 023_3 024                                          4   29
    core, offline       032_1 037_1 037_3 039                                          4   33
    local list          042_1 042_2 043_1 043_3 043_4 043_5                            6   39
    firmware            044_1 044_2 044_3                                              3   42
    diagnostics         045_1 045_2                                                    2   44
    reservation         046 047 048_1 048_2 048_3 048_4 049 051 052 053               10   54
    remote trigger      054 055                                                        2   56
    smart charging      056 057 059 066 067                                            5   61
    data transfer       064                                                            1   62
    security            073 074 075_1 075_2 076 077 078 079 080 081 083               11   73
    connection          085 086 087 088                                                4   77

Where the list is ambiguous: "046-049" is taken to hold 048 four times, once for each answer by which a
pile refuses a reservation (Faulted, Occupied, Unavailable, Rejected): with one, the list would end at
74. 074 is one case that is driven twice, with an RSA and with an ECDSA certificate; 086 likewise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CASES: Final[Mapping[str, str]] = {
    "001": "Cold boot",
    "003": "Session, plug first",
    "004_1": "Session, identification first",
    "004_2": "Identification first, no plug in time",
    "005_1": "Vehicle side unplugged",
    "007": "Session with a cached card",
    "010": "Remote start, cable first",
    "011_1": "Remote start, remote first",
    "011_2": "Remote start, no plug in time",
    "012": "Remote stop",
    "013": "Hard reset",
    "014": "Soft reset",
    "017_1": "Unlock, no session, loose cable",
    "017_2": "Unlock, no session, fixed cable",
    "018_1": "Unlock during a session",
    "019_1": "Read all settings",
    "019_2": "Read one setting",
    "021": "Change a setting",
    "023_1": "Card invalid",
    "023_2": "Card expired",
    "023_3": "Card blocked",
    "024": "Connector lock fails",
    "026": "Remote start rejected",
    "028": "Remote stop rejected",
    "030": "Unlock fails",
    "031": "Unlock an unknown connector",
    "032_1": "Power failure ends the session",
    "037_1": "Start while offline, card valid",
    "037_3": "Start while offline, card invalid",
    "039": "Session while offline",
    "040_1": "Setting not supported",
    "040_2": "Setting with an invalid value",
    "042_1": "List version, lists not supported",
    "042_2": "List version of an empty list",
    "043_1": "Send list, not supported",
    "043_3": "Send list, failed",
    "043_4": "Send list, full",
    "043_5": "Send list, differential",
    "044_1": "Firmware update",
    "044_2": "Firmware update, download fails",
    "044_3": "Firmware update, installation fails",
    "045_1": "Diagnostics",
    "045_2": "Diagnostics, upload fails",
    "046": "Reserve a connector",
    "047": "Reservation expires",
    "048_1": "Reserve, faulted",
    "048_2": "Reserve, occupied",
    "048_3": "Reserve, unavailable",
    "048_4": "Reserve, rejected",
    "049": "Reserve the whole pile",
    "051": "Cancel a reservation",
    "052": "Cancel a reservation, rejected",
    "053": "Reservation used by the group",
    "054": "Trigger a message",
    "055": "Trigger a message, rejected",
    "056": "Default profile",
    "057": "Transaction profile",
    "059": "Remote start with a profile",
    "061": "Clear the cache",
    "064": "Vendor data from the pile",
    "066": "Composite schedule",
    "067": "Clear a profile",
    "073": "Change the password",
    "074": "Change the pile's certificate",
    "075_1": "Install the manufacturer's root",
    "075_2": "Install the central system's root",
    "076": "Delete a certificate",
    "077": "Security event, pile's certificate",
    "078": "Security event, central system's certificate",
    "079": "Security log",
    "080": "Signed firmware update",
    "081": "Signed firmware update, bad signature",
    "083": "Raise the security profile",
    "085": "Basic authentication",
    "086": "TLS, server certificate",
    "087": "TLS, client certificate",
    "088": "WebSocket subprotocol",
}
