"""Names that nobody has to choose: the same seed gives the same ids in the same order."""

from __future__ import annotations

import hashlib
import string
import uuid

_LETTERS = string.ascii_letters + string.digits + "_-"


class Seeds:
    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._taken = 0

    def uuid(self) -> str:
        """A version 4 UUID, as the service makes everywhere."""
        return str(uuid.UUID(bytes=self._bytes(16), version=4))

    def tag(self, prefix: str) -> str:
        """`req_01…`, `toolu_01…`, `chatcompl_01…`."""
        return f"{prefix}_01{self._bytes(11).hex()}"

    def session_key(self) -> str:
        """In the shape of a session key, of no account anywhere."""
        return f"sk-ant-sid01-{self._letters(95)}-{self._letters(6)}AA"

    def _bytes(self, count: int) -> bytes:
        self._taken += 1
        return hashlib.sha512(f"{self._seed}/{self._taken}".encode()).digest()[:count]

    def _letters(self, count: int) -> str:
        drawn = self._bytes(64) + self._bytes(64)
        return "".join(_LETTERS[byte % len(_LETTERS)] for byte in drawn[:count])
