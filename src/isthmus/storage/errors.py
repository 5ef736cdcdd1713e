"""What may go wrong with the database, said to whoever has to put it right."""

from __future__ import annotations


class StorageError(Exception):
    """The database, or a file beside it, cannot be used. The message names it, without secrets, and the way out."""


class Unreachable(StorageError):
    """Nobody answers, or not in time. Asking again later may help."""


class Uncertain(StorageError):
    """The connection was lost while a change was being committed: it may have been saved or not."""


class VaultError(StorageError):
    """A sealed value cannot be opened with the keys at hand."""
