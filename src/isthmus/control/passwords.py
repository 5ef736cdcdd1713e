"""Passwords: what is accepted, and how they are hashed without holding up anything else.

argon2id takes about 64 MiB and a tenth of a second a time. So it runs in a few threads of its own, and only so many may wait:
somebody who tries to sign in a thousand times at once gets a refusal, not the gateway's memory.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Semaphore
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from isthmus.control.failures import FieldProblem, Invalid, Throttled
from isthmus.core.secret import Secret

MIN_CHARS: Final = 10
MAX_CHARS: Final = 256
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Checked:
    ok: bool
    renewed_hash: str | None = field(default=None, repr=False)
    """The same password by the parameters of today, when the stored hash was made by others."""


class Passwords:
    def __init__(
        self, hasher: PasswordHasher | None = None, *, at_once: int = 2, max_waiting: int = 16
    ) -> None:
        """By default as RFC 9106 recommends for machines with little memory."""
        self._hasher = hasher or PasswordHasher()
        self._decoy = _decoy(self._hasher)
        self._threads = ThreadPoolExecutor(at_once, "passwords")
        self._places = Semaphore(at_once + max_waiting)

    async def hash(self, password: Secret) -> str:
        """Raises `Throttled` when too many are at it."""
        return await self._in_thread(lambda: self._hasher.hash(_bytes(password)))

    async def check(self, hash: str | None, password: Secret) -> Checked:
        """Without a hash (no such user, or no password) the answer is no, and takes as long. Raises `Throttled`."""
        return await self._in_thread(lambda: self._check(hash or self._decoy, password))

    def _check(self, hash: str, password: Secret) -> Checked:
        try:
            self._hasher.verify(hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return Checked(ok=False)
        if self._hasher.check_needs_rehash(hash):
            return Checked(ok=True, renewed_hash=self._hasher.hash(_bytes(password)))
        return Checked(ok=True)

    async def _in_thread(self, work: Callable[[], Done]) -> Done:
        if not self._places.acquire(blocking=False):
            raise Throttled("too many people are signing in at once: try again in a moment", 2.0)
        doing = self._threads.submit(work)
        # Also when the client has gone meanwhile: the thread works on, and holds its place until it is done.
        doing.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(doing)


def demand_good(password: Secret, user_name: str, field: str = "password") -> None:
    """Raises `Invalid` for a password that would be guessed."""
    text = password.reveal()
    if len(text) < MIN_CHARS:
        message = f"at least {MIN_CHARS} characters"
    elif len(text) > MAX_CHARS:
        message = f"at most {MAX_CHARS} characters"
    elif user_name and text.lower() == user_name.lower():
        message = "to differ from the name of the user"
    elif len(set(text)) < 4:
        message = "at least 4 different characters"
    else:
        return
    raise Invalid(f"{field}: a password needs {message}", [FieldProblem(field, message)])


def generated() -> Secret:
    """A password to be told to somebody: 120 bits of chance."""
    return Secret(secrets.token_urlsafe(15))


def _bytes(password: Secret) -> bytes:
    """The same for every keyboard: some systems write `é` as one character, some as two."""
    return unicodedata.normalize("NFKC", password.reveal()).encode("utf-8", "surrogatepass")


def _decoy(hasher: PasswordHasher) -> str:
    """A hash of no password, by the same parameters: to compare with costs what a real one costs."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (hasher.salt_len, hasher.hash_len)
    )
    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${parameters}${salt}${digest}"
