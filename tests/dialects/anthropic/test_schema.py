from __future__ import annotations

import msgspec
import pytest

from isthmus.dialects.anthropic import schema


def test_what_is_unknown_is_skipped_and_what_is_optional_may_be_null() -> None:
    block = schema.BLOCK.decode(b'{"type":"text","text":null,"cache_control":null,"new":{"a":[1]}}')
    assert (block.type, block.text, block.cache_control) == ("text", None, None)
    tool = schema.CUSTOM_TOOL.decode(b'{"name":"f","type":null,"strict":null,"new":1}')
    assert (tool.name, tool.strict, tool.input_schema) == ("f", None, schema.ABSENT)


def test_content_is_a_string_or_blocks_and_nothing_else() -> None:
    assert schema.CONTENT.decode(b'"a"') == "a"
    assert schema.CONTENT.decode(b'[{"type":"text","text":"a"}]') == [schema.Block("text", "a")]
    for other in (b"null", b"1", b"{}", b'["a"]'):
        with pytest.raises(msgspec.ValidationError):
            schema.CONTENT.decode(other)


def test_json_that_only_passes_through_stays_as_it_was_written() -> None:
    block = schema.BLOCK.decode(b'{"type":"tool_use","input": {"a" : 1.50} }')
    assert bytes(block.input) == b'{"a" : 1.50}'
