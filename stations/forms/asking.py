"""What the forms of all commands to piles have in common."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words
from stations.selectors import connectors_of


class AskForm(forms.Form):
    """A reason that goes to the record; each command adds what it needs and says what is sent.

    Without a ``pile`` it is about many of them, and about no connector.
    """

    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args, pile=None, **options):
        super().__init__(*args, **options)
        self.pile = pile
        self.order_fields([name for name in self.fields if name != "reason"])

    def allow_anyway(self, objection):
        """Let the command be sent although the pile does not know it, as far as it said."""
        self.fields["anyway"] = forms.BooleanField(
            label=_("Send anyway"), required=False, help_text=objection
        )

    def payload(self):
        """The OCPP request."""
        return {}

    def connector_number(self):
        """Which connector it is about, if any."""
        number = self.cleaned_data.get("connector")
        return int(number) if number else None


class ConnectorAskForm(AskForm):
    """About one connector of the pile."""

    connector = forms.ChoiceField(label=_("Connector"))
    everything: Words = ""
    """The words for "all of it", where that can be asked too."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        choices = [(str(one.number), one.letter) for one in connectors_of(self.pile)] if self.pile else []
        chooser: Any = self.fields["connector"]
        chooser.choices = [("0", self.everything), *choices] if self.everything else choices

    def payload(self):
        return {"connectorId": int(self.cleaned_data["connector"])}
