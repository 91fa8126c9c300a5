"""What staff, drivers and timers do with sites, devices, prices and commands."""
