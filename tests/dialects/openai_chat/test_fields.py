from __future__ import annotations

import msgspec
import pytest

from dialects.openai_chat.chat_cases import raw
from isthmus.core.conversation import CacheMark
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action
from isthmus.dialects.body import as_bad_request
from isthmus.dialects.openai_chat import schema
from isthmus.dialects.openai_chat.fields import (
    Reading,
    invalid,
    mark_of,
    missing,
    read,
    require,
    string_or_none,
    top_level,
)
from isthmus.wire.json_text import given, starts_with, text_of


def test_a_misfit_is_named_by_its_whole_path() -> None:
    message = {"role": "assistant", "tool_calls": [{"id": "a"}, {"id": "b", "function": {"name": 3}}]}
    with pytest.raises(BadRequest) as caught:
        read(raw([message]), schema.MESSAGES, "messages")
    assert caught.value.field == "messages.0.tool_calls.1.function.name"
    assert caught.value.message == "'messages.0.tool_calls.1.function.name' must be a string"


def test_what_is_missing_is_named_by_its_whole_path() -> None:
    with pytest.raises(BadRequest) as caught:
        read(raw([{"role": "user"}, {}]), schema.MESSAGES, "messages")
    assert caught.value.field == "messages.1.role"
    assert caught.value.message == "Missing required parameter: 'messages.1.role'"


def test_alternatives_are_named_in_words() -> None:
    with pytest.raises(BadRequest, match="must be a string or a list"):
        read(raw(5), schema.STOP, "stop")


def test_a_number_out_of_range_is_told_in_the_readers_words() -> None:
    with pytest.raises(BadRequest) as caught:
        read(msgspec.Raw(b"1e999"), schema.OPTIONAL_NUMBER, "temperature")
    assert caught.value.field == "temperature"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "truncated"),
        (b"", "truncated"),
        (b'{"a":1}x', "trailing"),
        (b'{"a":"\xff"}', "UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_bytes_that_are_no_json(body: bytes, why: str) -> None:
    with pytest.raises(BadRequest, match="not valid JSON") as caught, as_bad_request():
        msgspec.json.decode(body)
    assert why in caught.value.message


def test_a_body_that_is_no_object() -> None:
    with pytest.raises(BadRequest, match="must be a JSON object"):
        top_level(b"[]", schema.TOP_LEVEL)


def test_invalid_and_missing_name_the_field() -> None:
    assert invalid(".a.0.", "is bad").field == "a.0"
    assert missing("b").message == "Missing required parameter: 'b'"
    assert require(0, "x") == 0
    with pytest.raises(BadRequest):
        require(None, "x")


@pytest.mark.parametrize(
    ("text", "there"), [(b"", False), (b"null", False), (b'"null"', True), (b"0", True), (b"nullx", False)]
)
def test_given(text: bytes, there: bool) -> None:
    assert given(msgspec.Raw(text)) is there


def test_raw_text_is_kept_as_it_was_written() -> None:
    value = msgspec.Raw(b'{"b": 1.0, "a": "\\u00e9"}')
    assert text_of(value) == '{"b": 1.0, "a": "\\u00e9"}'
    assert starts_with(value, b"{")
    assert not starts_with(value, b'"')


def test_only_a_string_is_a_string() -> None:
    assert string_or_none(raw("a")) == "a"
    assert string_or_none(raw({"a": 1})) is None
    assert string_or_none(schema.ABSENT) is None


@pytest.mark.parametrize(
    ("ttl", "mark"), [(None, "5m"), ("5m", "5m"), ("30m", "5m"), ("1h", "1h"), ("12h", "1h"), ("24h", "1h")]
)
def test_lifetimes(ttl: str | None, mark: str) -> None:
    assert mark_of(ttl) == mark


def test_openais_mark_goes_before_anthropics() -> None:
    reading = Reading("12h")
    long, plain = schema.CacheBreakpoint(ttl="1h"), schema.CacheBreakpoint()
    assert reading.cache_mark(plain, None) is CacheMark.LONG
    assert reading.cache_mark(schema.CacheBreakpoint(ttl="30m"), long) is CacheMark.SHORT
    assert reading.cache_mark(None, plain) is CacheMark.SHORT
    assert reading.cache_mark(None, None) is None


def test_losses_are_noted() -> None:
    reading = Reading()
    reading.lost("a", Action.DROPPED, "b")
    assert str(reading.losses[0]) == "a=dropped(b)"
