"""Ages tick in a script: it gets bare seconds, however large, in every language."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import translation

from backoffice.kit import clock

AGE = Template(
    '{% load i18n scan %}{% seconds_since at as old %}{% blocktranslate %}<i data-age="{{ old }}"></i>{% endblocktranslate %}'
)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_age_of_hours_is_not_grouped(language: str) -> None:
    with translation.override(language):
        page = AGE.render(Context({"at": clock.now() - timedelta(hours=3)}))

    assert page in {f'<i data-age="{seconds}"></i>' for seconds in (10_800, 10_801)}
