"""What was written in the language of whoever asked many piles, said to whoever reads it.

A campaign keeps its title and its results as the words of its time. Words that are known in any language of ours are
said in the reader's; everything else, what a pile answered or somebody typed, stands as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext_lazy as _, override

from backoffice.kit.frame import Words
from stations import campaigns
from stations.certificate_words import WHY
from stations.forms.campaigns import KINDS
from stations.forms.commands import ASKS
from stations.models import CommandStatus, SigningState, UpgradeState

RESULTS: tuple[Words, ...] = (
    *WHY.values(),
    *(label for choices in (CommandStatus, SigningState, UpgradeState) for _value, label in choices.choices),
    _("The terminal agreed, and nothing was seen to happen."),
    _("It trusts it now."),
    _("It trusts it no more."),
    _("It does not have it."),
    _("It did not come to an end in time."),
    _("It was stopped before."),
    _("The terminal could not be heard."),
    _("The terminal stands elsewhere now."),
    _("Something went wrong here. It is in the log."),
    _("This pile is retired."),
    _("The pile is offline. Nothing was sent."),
    _("The pile is connected and has not booted yet."),
    _("The pile has not been accepted yet."),
)
MORE_TITLES: tuple[Words, ...] = (
    _("Set a charging profile"),
    _("Clear charging profiles"),
    _("Fetch logs"),
    _("Look after local lists"),
    _("Read settings"),
    _("Push wanted settings"),
)


def result_words(text: str) -> Words:
    """What became of it at one pile."""
    return _results().get(text, text)


def title_words(title: str) -> Words:
    """The name of a campaign: its kind, perhaps with what it is about, or what was typed."""
    kind, dot, rest = title.partition(" · ")
    word = _titles().get(kind)
    return title if word is None else str(word).rstrip("…") + dot + rest


@lru_cache(maxsize=1)
def _results() -> dict[str, Words]:
    return _in_all_languages(RESULTS)


@lru_cache(maxsize=1)
def _titles() -> dict[str, Words]:
    labels = [ask.label for ask in (*ASKS.values(), *KINDS.values())]
    return _in_all_languages([*labels, *(kind.label for kind in campaigns.known().values()), *MORE_TITLES])


def _in_all_languages(words: Iterable[Words]) -> dict[str, Words]:
    words = list(words)
    found: dict[str, Words] = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            found |= {str(word).rstrip("…"): word for word in words}
    return found
