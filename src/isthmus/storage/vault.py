"""Secrets at rest: encrypted and authenticated, with keys that can be changed.

Fernet (AES-128-CBC and HMAC-SHA256), the newest key first. Whoever has the database alone has no secret.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from isthmus.core.secret import Secret


class VaultError(Exception):
    """A sealed value cannot be opened with the keys at hand."""


class Vault:
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


def _fernet_key(key: Secret) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"isthmus vault\0" + key.reveal().encode()).digest())
