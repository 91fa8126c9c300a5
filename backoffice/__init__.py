"""The frame: settings, URLs, menu, roles, process entry points, demo."""
