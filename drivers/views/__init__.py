"""Pages of this room that are no lists, by what they are about."""
