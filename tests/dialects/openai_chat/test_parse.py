from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.openai_chat.chat_cases import named, rows, spell
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import Envelope
from isthmus.dialects.openai_chat.parse import envelope, parse

BARE: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
BARE_SPELT = {"model": "m", "turns": [{"Turn": {"role": "user", "blocks": [{"Text": {"text": "hi"}}]}}]}


def body(change: dict[str, Any]) -> bytes:
    return json.dumps({**BARE, **change}).encode()


@pytest.mark.parametrize("row", rows("requests.json"), ids=named)
def test_requests(row: dict[str, Any]) -> None:
    parsed = parse(body(row["change"]), {})
    style = spell(parsed.style)["Style"]
    if "custom_tools" in style:
        style["custom_tools"] = sorted(style["custom_tools"])
    assert spell(parsed.conversation) == {"Conversation": {**BARE_SPELT, **row["conversation"]}}
    assert style == row.get("style", {})
    assert [str(loss) for loss in parsed.losses] == row.get("losses", [])


@pytest.mark.parametrize("row", rows("refused_requests.json"), ids=named)
def test_refused_requests(row: dict[str, Any]) -> None:
    change = row["change"]
    request = {
        key: value for key, value in {**BARE, **change}.items() if value is not None or key not in BARE
    }
    with pytest.raises(BadRequest) as caught:
        parse(json.dumps(request).encode(), {})
    assert row["message"] in caught.value.message
    assert caught.value.field == row["field"]
    assert row["field"] in caught.value.message


def test_reasoning_is_shown_unless_the_gateway_was_told_not_to() -> None:
    assert parse(body({}), {}).style.show_reasoning
    assert not parse(body({}), {}, show_reasoning=False).style.show_reasoning


def test_the_envelope() -> None:
    assert envelope(body({})) == Envelope("m", stream=False)
    asked = envelope(body({"stream": True, "prompt_cache_key": "s-1", "messages": 3}))
    assert asked == Envelope("m", stream=True, session="s-1")
    assert envelope(body({"stream": None, "prompt_cache_key": 7})) == Envelope("m", stream=False)


@pytest.mark.parametrize("read", [envelope, lambda text: parse(text, {})])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "not valid JSON"),
        (b'{"model": "m"', "not valid JSON"),
        (b'{"model": ""}', "'model'"),
        (b'{"messages": []}', "'model'"),
        (b'{"model": 5}', "'model' must be a string"),
    ],
)
def test_a_body_of_the_wrong_form(read: Any, text: bytes, why: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read(text)
    assert why in caught.value.message


def test_a_list_is_no_request() -> None:
    for read in (envelope, lambda text: parse(text, {})):
        with pytest.raises(BadRequest):
            read(b"[]")


def test_a_knob_that_is_no_text_is_refused() -> None:
    with pytest.raises(BadRequest, match="UTF-8"):
        parse(b'{"model":"m","messages":[{"role":"user","content":"a"}],"x":"\xff"}', {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    "messages tools tool_choice functions function_call stop n response_format thinking enable_thinking "
    "stream_options modalities prompt_cache_options user service_tier x".split()
)
PARTS = "content tool_calls function_call reasoning_content reasoning_details name audio".split()
ROLES = st.sampled_from(["user", "assistant", "tool", "function", "system"])
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": ROLES}, optional=dict.fromkeys(PARTS, JSON)),
    max_size=3,
)


@given(st.dictionaries(NAMES, JSON, max_size=5), MESSAGES)
def test_any_json_is_read_or_refused(change: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    request = json.dumps({"model": "m", "messages": messages, **change}).encode()
    with contextlib.suppress(BadRequest):
        assert parse(request, {}).conversation.model == "m"
