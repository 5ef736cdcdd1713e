"""Whoever wants to catch everything the database may say catches one class."""

import pytest

from isthmus.storage.errors import StorageError, Uncertain, Unreachable, VaultError


@pytest.mark.parametrize("kind", [Unreachable, Uncertain, VaultError])
def test_every_kind_is_a_storage_error(kind: type[Exception]) -> None:
    assert issubclass(kind, StorageError)
