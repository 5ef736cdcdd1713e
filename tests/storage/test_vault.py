"""What is sealed opens with the right key only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.secret import Secret
from isthmus.storage.errors import StorageError
from isthmus.storage.vault import Vault, VaultError, keys_in

OLD, NEW = Secret("an old key of a vault"), Secret("a new key of a vault")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_what_is_sealed_opens(value: str) -> None:
    vault = Vault([NEW])
    sealed = vault.seal(value)
    assert vault.open(sealed) == value
    assert sealed.isascii()
    assert vault.seal(value) != sealed


@given(st.text())
def test_what_was_not_sealed_does_not_open(text: str) -> None:
    with pytest.raises(VaultError, match="cannot be opened"):
        Vault([NEW]).open(text)


def test_another_key_does_not_open() -> None:
    with pytest.raises(VaultError, match=r"storage\.secret_key"):
        Vault([NEW]).open(Vault([OLD]).seal("secret"))


def test_older_keys_open_and_the_newest_seals() -> None:
    both = Vault([NEW, OLD])
    old = Vault([OLD]).seal("secret")
    assert both.open(old) == "secret"
    assert both.opens(old)
    assert not Vault([NEW]).opens(old)
    assert Vault([NEW]).open(both.seal("secret")) == "secret"
    assert Vault([NEW]).open(both.reseal(old)) == "secret"


def test_a_vault_needs_a_key() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        Vault([])


def test_the_setting_holds_several_keys() -> None:
    assert keys_in(Secret(" a-key-of-16-chars , another-key-of-20, ")) == [
        Secret("a-key-of-16-chars"),
        Secret("another-key-of-20"),
    ]
    assert keys_in(Secret("")) == []


def test_a_short_key_is_refused_and_not_repeated() -> None:
    with pytest.raises(StorageError, match="key 2 of 2 has 9 characters") as refused:
        keys_in(Secret("a-key-of-16-chars,too-short"))
    assert "too-short" not in str(refused.value)
