"""The server: a job's number as the user, its ticket as the password, and of all commands only those that leave a file.

There is no folder behind it. Nothing can be listed, read, renamed or deleted, so no job can see
another's, nor what it left itself; a file lands apart and is kept when it is whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

import aioftp
from aioftp.server import AbstractUserManager, ConnectionConditions, User, worker

from stations import tickets
from stations.landing import Landing, TooMuch
from stations.services import uploads
from stations.services.uploads import Arrived
from stations.tickets import Errand
from stations.transfer.database import ask

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 200
MOST_OF_ONE = 3
MOST_GUESSES = 3
SILENT_S = 120
DATA_CONNECTION_S = 20
ALLOWED = frozenset(
    {"abor", "cdup", "cwd", "epsv", "mkd", "pass", "pasv", "pwd", "quit", "stor", "syst", "type", "user"}
)


class Hangups(logging.Filter):
    """Piles that vanish, fall silent or talk nonsense are no errors of ours; aioftp logs them as such."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        return kind is None or not issubclass(kind, ConnectionError | TimeoutError | ValueError)


class Jobs(AbstractUserManager):
    """Lets in whoever has the ticket of an upload job. There is no anonymous login."""

    def __init__(self) -> None:
        super().__init__()
        self._logins: dict[str, int] = {}

    async def get_user(self, login: str) -> tuple[Any, User | None, str]:
        """A user for this connection; whether there is such a job is not told before the password is right."""
        if not (login.isascii() and login.isdigit() and len(login) < 19):
            return self.GetUserResponse.ERROR, None, "no such user"
        if self._logins.get(login, 0) >= MOST_OF_ONE:
            return self.GetUserResponse.ERROR, None, "too many connections"
        self._logins[login] = self._logins.get(login, 0) + 1
        return self.GetUserResponse.PASSWORD_REQUIRED, User(login), "password required"

    async def authenticate(self, user: User, password: str) -> bool:
        try:
            ticket = tickets.read(Errand.UPLOAD, password)
        except (tickets.NoTicket, tickets.Expired):
            return False
        return str(ticket.job_id) == user.login and bool(await ask(uploads.room_left, ticket.job_id))

    async def notify_logout(self, user: User) -> None:
        login = user.login or ""
        self._logins[login] = self._logins.get(login, 1) - 1
        if self._logins[login] <= 0:
            del self._logins[login]


class UploadServer(aioftp.Server):
    """``address``: the IPv4 address that piles are told for their data; ``ports`` for it, any where empty."""

    def __init__(self, *, address: str = "", ports: Iterable[int] = ()) -> None:
        super().__init__(
            Jobs(),
            socket_timeout=SILENT_S,
            idle_timeout=SILENT_S,
            wait_future_timeout=DATA_CONNECTION_S,
            maximum_connections=MOST_CONNECTIONS,
            ipv4_pasv_forced_response_address=address or None,
            data_ports=list(ports) or None,
            welcome_message="files only come in here",
        )
        self.commands_mapping = {
            name: command for name, command in self.commands_mapping.items() if name in ALLOWED
        }

    async def pass_(self, connection: Any, rest: str) -> bool:
        """Three guesses, then the line is cut."""
        go_on = bool(await super().pass_(connection, rest))
        if connection.future.logged.done():
            return go_on
        guesses = connection.guesses + 1 if connection.future.guesses.done() else 1
        del connection.guesses
        connection.guesses = guesses
        return go_on and guesses < MOST_GUESSES

    async def pwd(self, connection: Any, rest: Any) -> bool:
        return _say(connection, "257", '"/"')

    async def cwd(self, connection: Any, rest: Any) -> bool:
        """Wherever a pile wants to go, it is here."""
        return _say(connection, "250", "here")

    async def mkd(self, connection: Any, rest: Any) -> bool:
        return _say(connection, "257", '"/"')

    async def stor(self, connection: Any, rest: Any, mode: str = "wb") -> bool:
        """Take a file, as far as there is room for it."""
        if not (connection.future.logged.done() and connection.future.passive_server.done()):
            return _say(connection, "503", "log in, then EPSV or PASV")
        connection.extra_workers.add(asyncio.ensure_future(_take(self, connection, rest)))
        return _say(connection, "150", "send it")


def _say(connection: Any, code: str, text: str) -> bool:
    """Answer a command; those who have not logged in are told nothing. True: go on."""
    if connection.future.logged.done():
        connection.response(code, text)
    else:
        connection.response("503", "not logged in")
    return True


@ConnectionConditions(
    ConnectionConditions.data_connection_made,
    wait=True,
    fail_code="425",
    fail_info="no data connection",
)
@worker
async def _take(server: aioftp.Server, connection: Any, rest: str | PurePosixPath) -> bool:
    stream = connection.data_connection
    del connection.data_connection
    job_id = int(connection.user.login)
    room = await ask(uploads.room_left, job_id)
    with await asyncio.to_thread(Landing, room or 0) as landing:
        try:
            async with stream:
                async for block in stream.iter_by_block(connection.block_size):
                    await asyncio.to_thread(landing.write, block)
            await asyncio.to_thread(landing.finish)
        except TooMuch:
            connection.response("552", "there is no room for so much")
            return True
        except (TimeoutError, OSError):
            connection.response("426", "broken off")
            return True
        arrived = Arrived(
            path=landing.path,
            name=str(rest),
            size=landing.size,
            sha256=landing.sha256,
            remote=connection.client_host,
        )
        kept = await ask(uploads.keep_file, job_id, arrived) if landing.size else None
    connection.response(*(("226", "kept") if kept else ("552", "not kept")))
    return True
