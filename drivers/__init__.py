"""Who charges: driver accounts per operator, cards, and the messages sent to their phones."""
