from __future__ import annotations

import pytest

from isthmus.core.abilities import Abilities
from isthmus.core.commands import ClientRequest
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.interfaces import Target
from isthmus.providers.translated import Translated

REQUEST = ClientRequest("/v1/embeddings", b"{}", "m", stream=False)
TARGET = Target("m", Abilities())


class Named(Translated):
    name = "mine"


def test_no_dialect_is_its_own() -> None:
    assert Named().native == frozenset()


def test_what_cannot_be_translated_is_refused_with_the_way_out() -> None:
    with pytest.raises(BadRequest, match=r"provider 'mine' has no /v1/embeddings: it answers") as caught:
        Named().forward(REQUEST, TARGET)
    assert caught.value.kind is Kind.NOT_SUPPORTED
    assert caught.value.should_retry is False


def test_nobody_else_is_asked() -> None:
    provider = Named()
    assert provider.pass_through(REQUEST) is None
    assert provider.count_tokens(REQUEST, TARGET) is None
