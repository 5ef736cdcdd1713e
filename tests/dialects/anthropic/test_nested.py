from __future__ import annotations

import json

import msgspec
import pytest

from isthmus.core.conversation import CacheMark, Text
from isthmus.core.errors import BadRequest
from isthmus.dialects.anthropic.fields import Reading
from isthmus.dialects.anthropic.nested import document_of, items_of, parts_of
from isthmus.dialects.anthropic.schema import Block


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def test_parts_of_a_string_and_of_nothing() -> None:
    assert list(parts_of(raw("x"), "p", Reading())) == [Text("x")]
    assert list(parts_of(raw(""), "p", Reading())) == []
    with pytest.raises(BadRequest, match="p: Field required"):
        list(parts_of(raw(None), "p", Reading()))


def test_content_that_is_no_list_is_named() -> None:
    with pytest.raises(BadRequest, match=r"p: Input should be a valid string or list"):
        items_of(raw({"a": 1}), "p")


def test_the_cache_mark_of_a_part_stays_with_it() -> None:
    part = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert list(parts_of(raw([part]), "p", Reading())) == [Text("x", CacheMark.LONG)]


def test_a_document_of_nothing_is_an_empty_pair_of_tags() -> None:
    block = Block("document", source=raw({"type": "content", "content": []}), context="c")
    assert list(document_of(block, "p", Reading())) == [Text('<document context="c">\n</document>')]


def test_citations_inside_a_result_depend_on_the_version() -> None:
    cited = raw([{"type": "text", "text": "x", "citations": [{}]}])
    older = Reading("2023-06-01")
    assert list(parts_of(cited, "p", older)) == [Text("x")]
    assert [loss.field for loss in older.losses] == ["messages.citations"]
    with pytest.raises(BadRequest, match=r"p\.0\.text\.citations: Extra inputs"):
        list(parts_of(cited, "p", Reading("2026-10-21")))
