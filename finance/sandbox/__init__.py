"""A payment provider to try everything with: an outside party that happens to live in our process.

It has its own keys, tables and pages. It knows merchants, payments and refunds, and nothing of
wallets or drivers; we reach it by signed calls (``server``), it reaches us by signed callbacks
(``deliveries``). It takes no real money and runs only where SANDBOX_PAYMENTS is on.
"""
