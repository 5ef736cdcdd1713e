"""The first administrator, at the start of a gateway: from the environment, or with a token that is shown once."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from isthmus.cli.failure import CommandFailed
from isthmus.control.failures import OperationFailed
from isthmus.control.passwords import Passwords
from isthmus.control.set_up import ADMIN_NAME, PASSWORD_VARIABLE, Ensured, FirstAdministrator, SetUp
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.users import UserStore


async def begin(
    database: Database, passwords: Passwords, env: MutableMapping[str, str]
) -> tuple[SetUp, list[str]]:
    """What lets the first administrator be made, and what the operator has to know. Takes the password out of `env`.

    Raises `CommandFailed` for a password that would be guessed.
    """
    users, notes = UserStore(database), list[str]()
    if password := _password(env):
        notes += await _ensured(FirstAdministrator(users, passwords, AuditLog(database)), password)
    set_up = await SetUp.begin(users)
    if set_up.token is not None:
        notes.append(
            "no administrator yet: make one in the console at the address below, with `isthmus admin reset-password`, or by "
            f"POST /v2/setup with the set-up token {set_up.token.reveal()}"
        )
    return set_up, notes


def _password(env: MutableMapping[str, str]) -> Secret | None:
    """From the environment, or from the file that it names. Raises `CommandFailed`."""
    if path := env.get(f"{PASSWORD_VARIABLE}_FILE"):
        try:
            return Secret(Path(path).read_text(encoding="utf-8-sig").strip())
        except (OSError, ValueError):
            raise CommandFailed(
                f"{PASSWORD_VARIABLE}_FILE: name a readable UTF-8 file with the password"
            ) from None
    # Child processes and crash reports have no business with it.
    password = env.pop(PASSWORD_VARIABLE, "")
    return Secret(password) if password else None


async def _ensured(first: FirstAdministrator, password: Secret) -> list[str]:
    try:
        ensured = await first.ensure(password)
    except OperationFailed as failure:
        raise CommandFailed(failure.message) from None  # which names the variable
    match ensured:
        case Ensured.MADE:
            return [f"administrator {ADMIN_NAME!r} made with the password in {PASSWORD_VARIABLE}"]
        case Ensured.KEPT:
            return [
                f"{PASSWORD_VARIABLE} is not the password of {ADMIN_NAME!r} and has changed nothing: "
                "`isthmus admin reset-password` sets another"
            ]
        case Ensured.SAME:
            return []
