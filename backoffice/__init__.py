"""The frame: settings, URLs, menu, roles, process entry points, demo.

Importing this package imports nothing else, so that what starts processes needs no Django.
"""
