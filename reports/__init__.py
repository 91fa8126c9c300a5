"""What it adds up to: totals by day for every tenant, and the overview."""
