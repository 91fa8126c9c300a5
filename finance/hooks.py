"""What this room tells the rooms above it."""

from __future__ import annotations

from backoffice.kit.hooks import Listeners

arrears_changed: Listeners[[str]] = Listeners("arrears_changed")
"""Told the reference of an order (``order:8F2K``) whose arrears were paid or written off, after the commit.

A hint: it may be lost with the process. The truth is ``selectors.payment_of``.
"""
