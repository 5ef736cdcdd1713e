"""What comes from outside can be stored everywhere."""

from hypothesis import given
from hypothesis import strategies as st

from isthmus.storage.texts import storable

ANY_TEXT = st.text(st.characters())  # With lone surrogates, as a careless decoder makes them.


@given(ANY_TEXT, st.integers(0, 20))
def test_any_text_becomes_one_that_every_engine_can_hold(text: str, limit: int) -> None:
    stored = storable(text, limit)
    assert len(stored) <= limit
    assert "\0" not in stored
    assert stored.encode().decode() == stored


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert storable(text, 50) == text
