from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from isthmus.core.conversation import CacheMark
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action
from isthmus.dialects.anthropic import schema
from isthmus.dialects.anthropic.fields import (
    Reading,
    cache_mark,
    invalid,
    is_empty,
    join,
    opens_with,
    read,
    require,
)
from isthmus.wire.json_text import given, text_of


@pytest.mark.parametrize(
    ("json", "decoder", "message"),
    [
        (b"1", schema.STRING, "f: Input should be a valid string"),
        (b'"1"', schema.INTEGER, "f: Input should be a valid integer"),
        (b"1.5", schema.OPTIONAL_INTEGER, "f: Input should be a valid integer"),
        (b'"1"', schema.NUMBER, "f: Input should be a valid number"),
        (b"0", schema.BOOLEAN, "f: Input should be a valid boolean"),
        (b"{}", schema.STRINGS, "f: Input should be a valid list"),
        (b"[1]", schema.STRINGS, "f.0: Input should be a valid string"),
        (b"[]", schema.THINKING, "f: Input should be a valid dictionary"),
        (b"{}", schema.THINKING, "f.type: Field required"),
        (b'{"format":{"type":2}}', schema.OUTPUT_CONFIG, "f.format.type: Input should be a valid string"),
        (b'[{"role":"user"}]', schema.MESSAGES, "f.0.content: Field required"),
    ],
)
def test_what_does_not_fit_is_said_with_its_path(
    json: bytes, decoder: msgspec.json.Decoder[object], message: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        read(msgspec.Raw(json), decoder, "f")
    assert caught.value.message == message
    assert caught.value.field == message.partition(":")[0]


def test_other_complaints_keep_their_words() -> None:
    with pytest.raises(BadRequest, match=r"^f: Invalid enum value 'b'$"):
        read(msgspec.Raw(b'"b"'), msgspec.json.Decoder(Literal["a"]), "f")


def test_a_mistake_of_the_whole_body_has_no_path() -> None:
    refused = invalid("", "Input should be a valid dictionary")
    assert (refused.message, refused.field) == ("Input should be a valid dictionary", None)


def test_small_questions() -> None:
    assert join("", "a") == "a"
    assert join("a", "b") == "a.b"
    assert require(0, "f") == 0
    assert text_of(msgspec.Raw(b'"\xc3\xa9"')) == '"é"'
    assert opens_with(msgspec.Raw(b"{}")) == "{"
    assert opens_with(schema.ABSENT) == ""
    with pytest.raises(BadRequest, match="f: Field required"):
        require(None, "f")


@pytest.mark.parametrize(
    ("json", "is_given", "empty"),
    [
        (b"", False, True),
        (b"null", False, True),
        (b"true", True, False),
        (b"[]", True, True),
        (b"{}", True, True),
        (b"[0]", True, False),
    ],
)
def test_what_counts_as_given(json: bytes, is_given: bool, empty: bool) -> None:
    raw = msgspec.Raw(json)
    assert (given(raw), is_empty(raw)) == (is_given, empty)


def test_cache_marks() -> None:
    assert cache_mark(None) is None
    assert cache_mark(schema.CacheControl("ephemeral")) is CacheMark.SHORT
    assert cache_mark(schema.CacheControl("ephemeral", "1h")) is CacheMark.LONG
    assert cache_mark(schema.CacheControl("ephemeral", "1 week")) is CacheMark.SHORT


@pytest.mark.parametrize(
    ("version", "new"), [("", False), ("2023-06-01", False), ("2026-10-21", True), ("2027-03-01", True)]
)
def test_which_rules_a_version_brings(version: str, new: bool) -> None:
    assert Reading(version).of_october_2026 is new


def test_losses_are_noted_in_order() -> None:
    reading = Reading()
    reading.lost("a", Action.DROPPED)
    reading.lost("b", Action.CONVERTED, "c")
    assert [str(loss) for loss in reading.losses] == ["a=dropped", "b=converted(c)"]
