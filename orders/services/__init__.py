"""Writes of this room: what staff, drivers and timers decide about orders."""
