"""What a password must be, beyond what Django asks: as long as the strictest tenant demands that its owner works for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator

from tenants.models import User
from tenants.rules import Security
from tenants.selectors import security_of_user


class LengthValidator(MinimumLengthValidator):
    """Django's, with the length of the policy."""

    def __init__(self) -> None:
        super().__init__(Security().min_length)

    def validate(self, password: str, user: Any = None) -> None:
        if isinstance(user, User) and user.pk is not None:
            least = MinimumLengthValidator(security_of_user(user).min_length)
            least.validate(password, user)
        else:
            super().validate(password, user)
