"""The demonstration: an invented chain of companies, their stations, and ninety days of what happened there.

Everything is made by the rooms' own code, the same numbers for the same seed; only what has to be
unguessable (links, tokens, keys) is new each time.
"""
