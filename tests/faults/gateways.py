"""A gateway process that may be killed, and what its operator finds in its log and its database."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from clients.running import Answered, RunningGateway
from isthmus.core.secret import Secret

Json = dict[str, Any]
Found = TypeVar("Found")


def soon(look: Callable[[], Found], within_s: float = 15.0) -> Found:
    """What `look` finds, as soon as that is something; what it found last when the time is over."""
    until = time.monotonic() + within_s
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


class Gateway(RunningGateway):
    """With its own SQLite database, in `home`."""

    def __init__(self, configuration: Json, home: Path, token: Secret) -> None:
        """`token` is an administrator's."""
        super().__init__(configuration, home)
        self.token = token
        self.home = home
        self.configuration = configuration
        self._ended = False

    @property
    def database(self) -> Path:
        return self.home / "isthmus" / "isthmus.db"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As `kill -9` does."""
        assert self._process is not None
        self._ended = True
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """As an operator does. It must end well, and soon."""
        self.__exit__(None, None, None)
        self._ended = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended:
            super().__exit__(kind, error, trace)

    def administer(self, path: str, body: Any = None, method: str | None = None) -> Answered:
        """A request to the admin API."""
        return self.ask(path, body, {"authorization": f"Bearer {self.token.reveal()}"}, method)

    def rows(self, query: str, *values: object) -> list[Json]:
        """What another process finds in the database."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def request_row(self, request_id: str) -> Json:
        """The row of `request_logs`, which is written a moment after the answer."""
        found = soon(lambda: self.rows("SELECT * FROM request_logs WHERE request_id = ?", request_id))
        assert len(found) == 1, f"{len(found)} rows for {request_id}"
        return found[0]

    def account(self, id: str) -> Json:
        return self.rows("SELECT * FROM accounts WHERE id = ?", id)[0]

    def cooldowns(self, id: str) -> list[Json]:
        return self.rows("SELECT * FROM cooldowns WHERE account_id = ?", id)

    def said(self, event: str, **wanted: object) -> list[Json]:
        """Log lines of this event with these fields, waiting a moment for one."""
        sought = {"event": event} | wanted
        return soon(lambda: [line for line in self.log if line.items() >= sought.items()])
