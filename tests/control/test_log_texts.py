"""Lists of texts are read whatever became of them."""

import pytest

from isthmus.control.log_texts import texts


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (None, []),
        ("[]", []),
        ('["a", "b"]', ["a", "b"]),
        ('["a", "b', ['["a", "b']),
        ('{"a": 1}', ['{"a": 1}']),
        ("plain words", ["plain words"]),
    ],
)
def test_lists_are_read(stored: str | None, read: list[str]) -> None:
    assert texts(stored) == read
