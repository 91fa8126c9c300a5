"""Hashing of passwords that costs a test nothing. For tests that sign in by typing."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """The same algorithm, once."""

    iterations = 1
