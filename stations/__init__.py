"""Where: stations, piles, connectors, tariffs, QR tokens, and commands to piles."""
