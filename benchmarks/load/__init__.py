"""What ``./run bench gateway`` is made of: an estate to load, piles that load it, processes that are measured."""
