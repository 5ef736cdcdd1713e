from __future__ import annotations

import msgspec
import pytest

from isthmus.dialects.openai_chat import schema


def test_unknown_keys_are_skipped_and_optional_ones_may_be_null() -> None:
    body = b'{"role":"assistant","content":null,"tool_calls":null,"refusal":null,"of_tomorrow":{"a":[1]}}'
    message = msgspec.json.decode(body, type=schema.Message)
    assert (message.role, message.tool_calls, message.refusal) == ("assistant", None, None)


def test_a_raw_field_that_was_not_there_is_empty() -> None:
    message = msgspec.json.decode(b'{"role":"user"}', type=schema.Message)
    assert bytes(message.content) == bytes(schema.ABSENT) == b""


@pytest.mark.parametrize("content", [b'"a"', b'[{"type":"text"}]', b"null"])
def test_content_comes_in_three_forms(content: bytes) -> None:
    schema.CONTENT.decode(content)


@pytest.mark.parametrize("image", [b'"https://example.org/a"', b'{"url":"https://example.org/a"}', b"null"])
def test_an_image_comes_in_two_forms(image: bytes) -> None:
    schema.CONTENT.decode(b'[{"type":"image_url","image_url":%b}]' % image)
