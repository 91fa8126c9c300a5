"""An order and a case as values for their pages: what templates read, and nothing else."""
