"""The asyncio process that talks to the piles: OCPP 1.6-J in, facts out; commands in, calls out."""
