"""Writes of the drivers' room. Phones come as people type them or as E.164, and are kept as E.164."""

from drivers.services.accounts import (
    block_driver,
    change_phone,
    create_driver,
    edit_driver,
    end_sessions,
    find_or_create_driver,
    known_driver,
    show_phone,
    unblock_driver,
)
from drivers.services.cards import block_card, edit_card, issue_card, lose_card, unblock_card
from drivers.services.codes import IssuedCode, TooOften, issue_code, verify_code
from drivers.services.messages import send_due_messages, send_sms
from drivers.services.phones import phone_at
from drivers.services.sessions import SignIn, close_session, note_seen, open_session, sign_in

__all__ = [
    "IssuedCode",
    "SignIn",
    "TooOften",
    "block_card",
    "block_driver",
    "change_phone",
    "close_session",
    "create_driver",
    "edit_card",
    "edit_driver",
    "end_sessions",
    "find_or_create_driver",
    "issue_card",
    "issue_code",
    "known_driver",
    "lose_card",
    "note_seen",
    "open_session",
    "phone_at",
    "send_due_messages",
    "send_sms",
    "show_phone",
    "sign_in",
    "unblock_card",
    "unblock_driver",
    "verify_code",
]
