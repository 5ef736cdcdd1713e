from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import ANTHROPIC, Opaque
from isthmus.providers.amazon_q.signatures import (
    HOME,
    REDACTED,
    SIGNATURE,
    Sealed,
    pack_redacted,
    pack_signature,
    unpack,
)

words = st.text(st.characters(exclude_categories=["Cs"]))


@given(words, words)
def test_what_is_packed_comes_out_again(model: str, data: str) -> None:
    assert unpack(pack_signature(model, data)) == Sealed(model, data)
    assert unpack(pack_redacted(model, data)) == Sealed(model, data)


def test_the_two_kinds_are_told_apart() -> None:
    assert (pack_signature("m", "s").kind, pack_redacted("m", "s").kind) == (SIGNATURE, REDACTED)


@pytest.mark.parametrize(
    "opaque",
    [
        Opaque(ANTHROPIC, SIGNATURE, '{"model":"m","data":"s"}'),
        Opaque(HOME, "other", '{"model":"m","data":"s"}'),
        Opaque(HOME, SIGNATURE, "s"),
        Opaque(HOME, SIGNATURE, '{"model":"m"}'),
        Opaque(HOME, SIGNATURE, '{"model":1,"data":"s"}'),
        Opaque(HOME, SIGNATURE, "[" * 100_000),
        Opaque(HOME, SIGNATURE, "\ud800"),
    ],
)
def test_what_is_not_ours_or_damaged_is_nothing(opaque: Opaque) -> None:
    assert unpack(opaque) is None
