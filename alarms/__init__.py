"""What went wrong: the catalogue of alarms and the alarms themselves."""
