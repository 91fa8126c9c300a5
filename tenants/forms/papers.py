"""What is typed and sent about a tenant beside its profile."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from tenants.forms.fields import PHONE
from tenants.models import PaperKind


class ContactForm(forms.Form):
    """Somebody to reach."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=80)
    duty = forms.CharField(
        label=_("Responsible for"),
        max_length=60,
        required=False,
        help_text=_("Contract, invoices, repairs …"),
    )
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False, validators=[PHONE])
    email = forms.EmailField(label=_("Email"), max_length=254, required=False)


class PaperForm(forms.Form):
    """A file, and what it is."""

    kind = forms.ChoiceField(label=_("Kind"), choices=PaperKind)
    file = forms.FileField(
        label=_("File"),
        max_length=200,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.webp"}),
        help_text=_("PDF, PNG, JPEG or WebP, at most 10 MB."),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class LogoForm(forms.Form):
    """The picture beside the brand's name."""

    logo = forms.FileField(
        label=_("Picture"),
        max_length=200,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP, 32 to 1,024 pixels a side, at most 64 kB. Square looks best."),
    )
