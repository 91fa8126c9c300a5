"""Pages of the money room that are not lists, and the address at which payment channels report."""
