"""What somebody who was invited types."""

from __future__ import annotations

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class NewPasswordForm(forms.Form):
    """A password, twice."""

    password1 = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("New password once more"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        self.user = user

    def clean_password1(self):
        """As strong as every other password here."""
        password = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean(self):
        """Both are the same."""
        super().clean()
        one, two = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if one and two and one != two:
            self.add_error("password2", ValidationError(_("This is another password than the first.")))
