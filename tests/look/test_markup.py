"""Markup from patterns is what ``format_html`` makes of them, and controls are what Django's templates draw."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.functional import lazystr
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from backoffice.kit.icons import icon
from backoffice.kit.markup import Pattern, joined
from backoffice.kit.widgets import Renderer

VALUES = ["plain", "a < b & c > \"d\" 'e'", SafeString("<b>bold</b>"), lazystr("lazy <i>"), 12, None, ""]


@pytest.mark.parametrize("value", VALUES)
def test_a_pattern_escapes_what_is_no_markup(value: object) -> None:
    made = Pattern('<p class="{}">{}</p>')(value, value)
    assert made == format_html('<p class="{}">{}</p>', value, value)
    assert isinstance(made, SafeString)


def test_a_pattern_takes_as_many_values_as_it_has_places() -> None:
    for values in ((), ("a",), ("a", "b", "c")):
        with pytest.raises(TypeError):
            Pattern("{} and {}")(*values)


def test_pieces_are_joined_escaped() -> None:
    assert joined(["<", mark_safe("<br>"), 3]) == "&lt;<br>3"


def test_an_icon_is_drawn_once_and_an_unknown_one_is_an_error() -> None:
    assert icon("bolt", "tiny") is icon("bolt", "tiny")
    with pytest.raises(KeyError):
        icon("no such icon")


class Everything(forms.Form):
    """One control of each kind that is drawn without a template, and some that are not."""

    words = forms.CharField(initial="x\"<&'y", max_length=9)
    menu = forms.ChoiceField(choices=[("1", "On<e"), ("Group", [("2", "Two"), ("3", "Three")])], initial="2")
    several = forms.MultipleChoiceField(choices=[("1", "a"), ("2", "b")], initial=["1"])
    tick = forms.BooleanField(initial=True)
    day = forms.DateField()
    moment = forms.DateTimeField()
    lines = forms.CharField(widget=forms.Textarea, initial="a\nb<")
    nothing = forms.CharField(widget=forms.Textarea, required=False)
    count = forms.IntegerField(initial=1234, min_value=1, disabled=True)
    known = forms.NullBooleanField()
    mail = forms.EmailField()
    secret = forms.CharField(widget=forms.PasswordInput)
    hidden = forms.CharField(widget=forms.HiddenInput, initial="h")
    one = forms.ChoiceField(choices=[("1", "a")], widget=forms.RadioSelect)


@pytest.mark.parametrize("name", Everything.base_fields)
def test_a_control_is_that_of_the_templates_of_django(name: str) -> None:
    drawn = [str(Everything(renderer=renderer)[name]) for renderer in (Renderer(), TemplatesSetting())]
    ours, theirs = (re.sub(r">\s+<", "><", text.strip()) for text in drawn)
    assert ours == theirs
