import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core import thought_tag
from isthmus.core.conversation import Opaque
from isthmus.core.thought_tag import PREFIX, ThoughtTag

seals = st.none() | st.builds(Opaque, st.text(), st.text(), st.text())


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.none() | st.text(min_size=1), seals)
def test_a_tag_comes_back_as_it_was_minted(source: str, hidden: str | None, sealed: Opaque | None) -> None:
    assert thought_tag.read(thought_tag.mint(source, hidden, sealed)) == ThoughtTag(source, hidden, sealed)


@pytest.mark.parametrize("inside", ["", "[", "{}", '["a","b"]', '["a","b",1]', "[" * 100_000])
def test_a_damaged_seal_is_none(inside: str) -> None:
    packed = thought_tag._b64(zlib.compress(inside.encode()))
    assert thought_tag.read(f"{thought_tag.mint('p', 't')}.{packed}") == ThoughtTag("p", "t")


@given(st.text())
def test_no_signature_is_too_damaged_to_read(rest: str) -> None:
    assert isinstance(thought_tag.read(PREFIX + rest), ThoughtTag)


@pytest.mark.parametrize("foreign", ["", "EqQBCgIYAhIM", "Isthmus1.x", "isthmus2.x"])
def test_other_signatures_are_not_ours(foreign: str) -> None:
    assert thought_tag.read(foreign) is None


def test_a_tag_is_fit_for_json_and_headers() -> None:
    tag = thought_tag.mint("провайдер", "мысль " * 100)
    assert tag.isascii()
    assert '"' not in tag
    assert len(tag) < 200


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(b"0" * (thought_tag.MAX_TEXT_BYTES + 1))
    packed = thought_tag._b64(bomb)
    assert thought_tag.read(f"{PREFIX}{thought_tag._b64(b'p')}.{packed}") == ThoughtTag("p", None)
