"""What every page and service is made of. Imports no app of ours; what it needs from above it declares as a hook."""
