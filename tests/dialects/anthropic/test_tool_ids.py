import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.dialects.anthropic.tool_ids import PREFIX, original, shown


@pytest.mark.parametrize("id", ["toolu_01", "call-2", "0a1b2c3d4", "chatcmpl-tool-9"])
def test_a_legal_id_is_shown_as_it_is(id: str) -> None:
    assert shown(id) == original(id) == id


@given(st.text(st.characters(), min_size=1))
def test_every_id_is_shown_legally_and_found_again(id: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9_-]+", shown(id))
    assert original(shown(id)) == id


@pytest.mark.parametrize("id", [PREFIX, f"{PREFIX}!", f"{PREFIX}a", f"{PREFIX}_w"])
def test_what_was_never_shown_is_itself(id: str) -> None:
    assert original(id) == id


def test_a_vendors_own_id_with_our_prefix_is_wrapped_too() -> None:
    assert original(shown(f"{PREFIX}YQ")) == f"{PREFIX}YQ"
