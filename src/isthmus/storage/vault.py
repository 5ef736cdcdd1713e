"""Secrets at rest: encrypted and authenticated, with keys that can be changed.

Fernet (AES-128-CBC and HMAC-SHA256), the newest key first. Whoever has the database alone has no secret.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from isthmus.core.secret import Secret
from isthmus.storage.errors import StorageError, VaultError

MIN_KEY_CHARS: Final = 16

__all__ = ["MIN_KEY_CHARS", "Vault", "VaultError", "keys_in"]


class Vault:
    """Seals and opens texts. What it seals looks different each time."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        """`keys`: any texts with enough entropy; the first seals, all open. Raises `ValueError` when there is none."""
        if not keys:
            raise ValueError("a vault needs a key")
        self._fernet = MultiFernet([Fernet(_fernet_key(key)) for key in keys])

    def seal(self, value: str) -> str:
        return self._fernet.encrypt(value.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises `VaultError`."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise VaultError(
                "a stored secret cannot be opened with this key: start with the storage.secret_key it was sealed with"
            ) from None

    def opens(self, sealed: str) -> bool:
        try:
            self.open(sealed)
        except VaultError:
            return False
        return True

    def reseal(self, sealed: str) -> str:
        """The same value under the newest key. Raises `VaultError`."""
        return self.seal(self.open(sealed))


def keys_in(setting: Secret) -> list[Secret]:
    """The keys that `storage.secret_key` holds, separated by commas. Raises `StorageError` for one that is too short."""
    keys = [Secret(each.strip()) for each in setting.reveal().split(",") if each.strip()]
    for place, key in enumerate(keys, 1):
        if len(key.reveal()) < MIN_KEY_CHARS:
            raise StorageError(
                f"storage.secret_key: key {place} of {len(keys)} has {len(key.reveal())} characters, and {MIN_KEY_CHARS} is "
                "the least: make one with `openssl rand -base64 32`"
            )
    return keys


def _fernet_key(key: Secret) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"isthmus vault\0" + key.reveal().encode()).digest())
