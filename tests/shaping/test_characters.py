from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.shaping.characters import FEATURES, SAMPLED_OVER_BYTES, features


def named(text: str) -> dict[str, float]:
    return dict(zip(FEATURES, features(text), strict=False))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("two words", {"letters": 8, "words": 2, "spaces": 1}),
        ("getValue", {"letters": 7, "capitals": 1, "humps": 1}),
        ("NASA", {"capitals": 4, "shouts": 2}),  # pairs that do not overlap
        ("a1b", {"figures": 1, "mixtures": 2}),
        ("12 {", {"numbers": 1, "figures": 2, "marks": 1, "groups_of_marks": 1}),
        ("\n\r\t\0", {"lines": 2, "tabs": 1, "controls": 1}),
        ("für", {"letters": 2, "accented": 1}),
        ("汉字", {"chinese": 2, "letters": 0}),
        ("かな", {"kana": 2}),
        ("한글", {"hangul": 2}),
        ("мир мир", {"cyrillic": 6, "cyrillic_words": 2}),
        ("שלום", {"semitic": 4}),
        ("ไทย", {"indic": 3}),
        ("αβγ", {"greek": 3}),
        ("a → b", {"signs": 1, "groups_of_signs": 1}),
        ("🎉，", {"emoji": 1, "wide": 1}),
    ],
)
def test_what_texts_are_made_of(text: str, found: dict[str, float]) -> None:
    assert {name: named(text).get(name, 0) for name in found} == found


def test_ascii_has_no_other_scripts() -> None:
    assert len(features("plain")) < len(features("plain…")) == len(FEATURES)


@given(st.text(), st.text())
def test_nothing_disappears_when_texts_are_joined(a: str, b: str) -> None:
    joined, alone = named(a + b), named(a)
    assert all(joined[name] >= found for name, found in alone.items())


@pytest.mark.parametrize("size", [SAMPLED_OVER_BYTES + 1, 50_000, 400_000])
def test_a_long_text_is_looked_at_in_part_and_counted_whole(size: int) -> None:
    text = ("some words and 12 figures; " * size)[:size]
    assert named(text)["letters"] == pytest.approx(sum(map(str.isalpha, text)), rel=0.05)
