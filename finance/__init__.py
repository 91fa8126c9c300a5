"""Money: the ledger, wallets, holds, payment channels, top-ups and refunds."""
