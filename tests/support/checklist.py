"""The checklist of the gateway in our own words: number -> what must (M) or should (S) be so."""

from __future__ import annotations

from typing import Final

CHECKLIST: Final = """
1 M The last segment of the path, percent-decoded, is the identity
2 M An identity that is unknown or cannot be decoded gets 404 and no upgrade
3 M Missing or wrong credentials get 401 before the upgrade (profiles 1 and 2)
4 M ocpp1.6 is chosen wherever it stands among the offered subprotocols
5 M Without a subprotocol that fits, the handshake ends without the header and the socket closes at once
6 M Once accepted, a pile is usable after a reconnect without a boot, also after the gateway restarts
7 M The newest authenticated connection of an identity replaces the older one, which is closed
8 M The late close of a replaced socket does not make the pile offline
9 M A call in flight on a lost connection fails as connection_lost within a second
10 S The server pings; a pile that answers too late is dropped and offline once
11 M A message of 2 MiB and one in fragments are accepted
12 S permessage-deflate is not negotiated
13 M A pile configured for TLS is refused on the port without
14 M Any frame of a pile counts as a sign of life
15 S Handshakes are limited per address and identity, and a pile behind a shared address is not locked out
16 M Our message ids have at most 36 characters and are unique over all connections of a pile
17 M Never two unanswered calls of ours on one connection
18 M A call of the pile is handled while it owes us an answer
19 M A pile that does not answer holds up commands to no other
20 M A silent call times out, is recorded, and its late answer is paired with no other
21 M Unknown message types are ignored
22 M NotImplemented for an action nobody knows, NotSupported for one that is known and not ours
23 M FormationViolation and OccurenceConstraintViolation as 1.6 spells them
24 M The details of an error are an object, and the id is the one of the call
25 M A null payload is an empty one
26 M Broken JSON, wrong lengths, odd ids, 10 MB and deep nesting kill nothing
27 M Each frame is kept with direction, time, id, action and latency, secrets masked
28 S A call sent again with its id and content gets the stored answer
29 M A boot is answered with a status, the time in UTC and an interval above 0
30 M A pile that was never accepted gets SecurityError for anything but a boot
31 M No remote start or stop to a pending pile
32 M Nothing is sent to a rejected pile
33 M A pending pile may be configured and triggered
34 M An accepted pile is not triggered to boot before it boots again
35 S Over-long names at boot are accepted with a remark
36 M Open transactions survive a boot and wait for their queued stops
37 S A pile that reports no status within 60 s of acceptance is asked for it
38 M A change of firmware between two boots is an event
39 M A heartbeat is answered with the time, right to a second
40 M Timestamps with Z, an offset, and none to nine digits of a fraction are read
41 S More than 120 s of skew in a live message is flagged
42 M idTags are compared without case
43 M Unknown tags are Invalid, blocked ones Blocked, outdated ones Expired
44 M The group of a card is told as parentIdTag
45 M A parentIdTag is never taken for a presented tag
46 M A token that is used up, over or of another pile is refused
47 M transactionIds are positive integers, unique over the whole system
48 M A start sent again, under whatever message id, gets the same number and answer
49 M Two identical starts at once make one transaction
50 M A card is judged anew at the start, although the pile let it
51 M A start with a bad card has a number and is stored
52 M ConcurrentTx for a second transaction of an account, never because of the same one
53 M A start hours old is taken and billed by its own times
54 M A start that names a reservation uses it
55 M A start with a token belongs to its order; another connector is flagged
56 M A start on a busy connector is taken, and the older transaction has lost its stop
57 M A start below the last stop is answered and flagged
58 S No TxProfile for a start older than 5 minutes without a sign of life
59 M Meter values for no, an unknown, a foreign or an ended transaction are answered and stored
60 M The defaults for context, format, measurand, location, unit and phase apply
61 M Celsius and Celcius, Wh and kWh, decimals in texts
62 M Only the total register at the outlet is billed; connector 0 and the inlet never
63 M A falling register is flagged and lowers no displayed energy
64 M Signed values stay as they are, byte for byte
65 S Words outside the enumerations are kept as opaque samples
66 M The conditions of an automatic stop are looked at with every energy sample
67 M A stop for an unknown, foreign, ended, 0 or -1 transaction never gets a CALLERROR
68 M No idTagInfo for a stop without a tag
69 M A stop without a reason is Local
70 M The first of two different stops is the truth that is billed
71 M A stop never ends the transaction of another pile
72 M Readings in a stop are taken, once
73 M A stop delivered twice or at once settles once
74 M A stop below or before its start, or in the future, is flagged
75 M A stop without a start is kept as an orphan with all its data
76 S The final register comes from Transaction.End where that is finer and agrees
77 M Every status and step is accepted, illegal steps are marked
78 M A status without a time has that of its receipt, and an older one overwrites no newer
79 M Connector 0 is kept apart from the connectors
80 M An error on a connector that is not Faulted is a warning
81 M Unknown connectors are made, also when two reports race
82 M Error codes raise and clear alarms, the vendor's code is kept
83 M UnknownVendorId without data, UnknownMessageId for a vendor that is known
84 M Progress reports of firmware, diagnostics and logs are answered without a job too
85 M Security events are answered, and unknown types are stored
86 M A command is a row with who, when, what and its outcome, and survives a restart in a defined state
87 M A command to a pile that is offline is refused or expires
88 M A remote start is never sent again by itself
89 M A remote stop that must happen is tried three times more, then it is an alarm
90 M A remote start names its connector and a tag of at most 20 characters
91 M Only a TxProfile without a transaction travels with a remote start
92 M Accepted means that the pile will try, not that it started
93 M Staff may stop any transactionId
94 M A scheduled availability is shown as such until the pile reports it
95 M RebootRequired, NotSupported and Rejected of a setting are told apart
96 M Settings are read in portions the pile takes, and unknown keys are told
97 M A password is in no log, history or page
98 M List versions are above 0 and rise; after a failure the list is sent in full
99 M Lists are sent in chunks the pile takes
100 M All five answers to a reservation, and an end by our own clock
101 M Rejected to a cancellation means that there is no reservation
102 M A profile that makes no sense is refused here
103 M NotSupported as a CALLERROR means that the pile has no smart charging
104 M Updates and uploads are followed to an end, and stalled ones marked
105 M GetDiagnostics without a file name means that there is nothing
106 M A boot is waited for after a reset
107 M NotSupported and UnlockFailed are failures with different words
108 M NotImplemented to a trigger is remembered for the model
109 M Passwords are bytes, UTF-8 or not, or their hexadecimal digits, compared in constant time
110 M The user name is the identity
111 M After a change of password: the new one when taken, the old one when refused, both until one is used
112 M No way back to a lower profile after an upgrade
113 M TLS 1.2 and above with the four suites, RSA and ECDSA, no compression
114 M Profile 3 checks chain, organisation, serial number, validity, revocation and the identity
115 M Certificates are signed for RSA and ECDSA, and an operator hears when the authority fails
116 M Critical security events raise an alarm
117 S Every refused connection is a security event of ours
118 M A pile, its tags and frames are seen by its own chain of tenants only
119 M Transactions, readings and statuses are on disk before their answer; InternalError only when nothing was
120 S 2,000 piles with a reading a minute are answered below 1 s at p99, also after all reconnect at once
"""

STATEMENTS: Final = {
    int(number): (level, words)
    for number, level, words in (line.split(" ", 2) for line in CHECKLIST.strip().splitlines())
}

TALK: Final = {
    "no-subprotocol": "No subprotocol at all: refused, with an exception per pile",
    "no-connection-upgrade": "No Connection: Upgrade: a clean 400 and a line in the log",
    "header-case": "authorization: in lower case",
    "path-spellings": "Double and trailing slashes, escapes, dots in the path",
    "key-as-digits": "The key as bytes or as hexadecimal text",
    "second-socket": "A second socket while the first is half open",
    "no-pongs": "Pings are never answered: any frame is a sign of life",
    "reserved-bits": "RSV1 without compression: closed with 1002",
    "no-boot-on-reconnect": "No boot after a reconnect",
    "calls-before-boot": "Calls before the answer to the boot break the pile: nothing is sent",
    "boot-during-transaction": "A boot while a transaction runs",
    "readings-after-stop": "Meter values after the stop",
    "register-from-zero": "A register that starts at 0 with each session",
    "stop-without-start": "Only the stop arrives",
    "stop-again": "A stop that was answered comes again",
    "start-again": "A start is sent until it is answered",
    "start-before-answer": "The start comes before the answer to its remote start",
    "reset-cuts-socket": "A reset that cuts the socket instead of answering",
    "odd-settings": "Settings with readonly as text, numbers as values, long values",
    "composite-junk": "A rejected composite schedule full of junk",
    "empty-answer": "An empty answer to a command",
    "time-spelling": "Piles that refuse +00:00 and microseconds",
    "transaction-numbers": "transactionIds that must be positive, int32 and unique",
    "vendor-switch": "A setting per model before remote starts work",
    "finishing": "Finishing refuses a start: shown, not tried again",
    "tag-spelling": "Byte order, leading zeros and case of card numbers",
    "never-our-fault": "Invalid makes piles blacklist a card: never because of our own failure",
    "huge-stop": "Stops of hundreds of kilobytes",
    "pinned-root": "A root that is pinned in firmware: TLS only where the pile is set to it",
    "queue-in-a-burst": "Old statuses, readings, a stop and a whole session within milliseconds",
    "stop-of-offline-start": "A stop of transaction -1 right behind its start",
    "readings-of-1970": "Readings of 1970 before the first answer to a boot",
    "silent-peer": "A peer that answers no pings: closed, and its commands fail",
}
"""What no single frame shows, and how piles behave that were offline, by a name of ours."""
