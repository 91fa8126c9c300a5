"""Why an update or an upload failed, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words
from stations import updating

_REASONS: Mapping[str, Words] = {
    updating.WANTS_SIGNED: _("The terminal takes signed updates only: send it signed."),
    updating.REPLACED: _("Given up for a later one."),
    updating.NOT_SENT: _("It was never sent."),
    "Rejected": _("The terminal refused."),
    "InvalidCertificate": _("The terminal does not accept the signing certificate."),
    "RevokedCertificate": _("The signing certificate was revoked."),
    "DownloadFailed": _("The terminal could not fetch the file."),
    "InvalidSignature": _("The terminal found the signature wrong."),
    "InstallationFailed": _("The terminal could not install it."),
    "InstallVerificationFailed": _("What was installed is not what it should be."),
    "UploadFailed": _("The terminal could not upload."),
    "UploadFailure": _("The terminal could not upload."),
    "BadMessage": _("The terminal did not understand the request."),
    "PermissionDenied": _("The terminal was not let in where it should upload."),
    "NotSupportedOperation": _("The terminal cannot upload this way."),
    "NotImplemented": _("The terminal does not know this command."),
    "NotSupported": _("The terminal does not support this command."),
    updating.CANCELS: _("Given up for a later one."),
    "Idle": _("The terminal says that it does nothing of the kind."),
}

_STEPS: Mapping[str, Words] = {
    "stalled": _("Nothing was heard any more"),
    updating.REPLACED: _("Given up for a later one."),
    updating.NOT_SENT: _("It was never sent."),
    "timed_out": _("No answer"),
    "connection_lost": _("Connection lost"),
}
"""What we noted of a job ourselves; all else is as the pile said it."""


def step_words(word: str) -> Words:
    """One line of what was heard of a job."""
    return _STEPS.get(word, word)


def reason_words(code: str) -> Words:
    """A sentence for a reason, the reason itself where there is none, "" for none."""
    return _REASONS.get(code, code)
