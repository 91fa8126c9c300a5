"""A country's worth of tenants, stations and orders, and how long pages take over it."""
