"""Variables in claude-code-router's files."""

import pytest

from isthmus.migrate.claude_code_router_variables import Expanded, expanded, filled

ENV = {"A": "1", "B_2": "two", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$A", Expanded("1", "A")),
        ("${A}", Expanded("1", "A")),
        ("x-$A-${B_2}", Expanded("x-1-two", "B_2")),
        ("$MISSING", Expanded("$MISSING", unset="MISSING")),
        ("$A$EMPTY", Expanded("$A$EMPTY", unset="EMPTY")),
        ("costs $5", Expanded("costs $5")),
        ("plain", Expanded("plain")),
    ],
)
def test_references(text: str, found: Expanded) -> None:
    assert expanded(text, ENV) == found


def test_every_text_but_keys_is_filled_in() -> None:
    value = {"a": ["$A", {"b": "$B_2"}], "api_key": "$A", "APIKEY": "$A", "n": 1, "c": "$MISSING"}
    assert filled(value, ENV) == {
        "a": ["1", {"b": "two"}],
        "api_key": "$A",
        "APIKEY": "$A",
        "n": 1,
        "c": "$MISSING",
    }
