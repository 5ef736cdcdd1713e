from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.anthropic.wire_cases import named, rows, spell
from isthmus.core.conversation import Role, Text
from isthmus.core.errors import BadRequest, Kind
from isthmus.dialects.anthropic.encode import Style
from isthmus.dialects.anthropic.parse import envelope, parse

GOOD: dict[str, Any] = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}


def body(**fields: Any) -> bytes:
    return json.dumps({**GOOD, **fields}, separators=(",", ":")).encode()


def with_hashes_spelled(conversation: dict[str, Any]) -> dict[str, Any]:
    user = conversation["Conversation"].get("user", "")
    if user.startswith("sha256 of "):
        digest = hashlib.sha256(user.removeprefix("sha256 of ").encode()).hexdigest()
        conversation["Conversation"]["user"] = digest
    return conversation


@pytest.mark.parametrize("row", rows("claude_code_requests.json"), ids=named)
def test_requests_as_claude_code_shapes_them(row: dict[str, Any]) -> None:
    parsed = parse(json.dumps(row["body"], separators=(",", ":")).encode(), row["headers"])
    assert spell(parsed.conversation) == with_hashes_spelled(row["conversation"])
    assert [str(loss) for loss in parsed.losses] == row["losses"]
    assert parsed.style == Style(row["body"].get("thinking", {}).get("display") == "omitted")


@pytest.mark.parametrize("row", rows("claude_code_requests.json"), ids=named)
def test_the_envelope_agrees_with_the_whole(row: dict[str, Any]) -> None:
    sent = json.dumps(row["body"]).encode()
    whole = parse(sent, row["headers"]).conversation
    outer = envelope(sent)
    assert (outer.model, outer.stream, outer.session) == (whole.model, whole.stream, whole.session)


@pytest.mark.parametrize("row", rows("refused_requests.json"), ids=named)
def test_mistakes_are_named_by_their_path_in_the_words_of_the_api(row: dict[str, Any]) -> None:
    fields = {name: value for name, value in {**GOOD, **row["change"]}.items() if value is not None}
    headers = {"anthropic-version": row.get("version", "2023-06-01")}
    with pytest.raises(BadRequest) as caught:
        parse(json.dumps(fields).encode(), headers)
    assert (caught.value.message, caught.value.field) == (row["message"], row["field"])


def test_a_tool_for_screens_is_refused_for_what_the_model_cannot_do() -> None:
    with pytest.raises(BadRequest) as caught:
        parse(body(tools=[{"type": "computer_toolset_20260801"}]), {})
    assert caught.value.kind is Kind.CAPABILITY


@pytest.mark.parametrize(
    "sent",
    [b"", b"{", b'{"model"', b"\xef\xbb\xbf{}", b'{"model": "\xff"}', b'{"a": ' + b"[" * 100_000],
    ids=["nothing", "cut", "cut in a key", "byte order mark", "not UTF-8", "too deep"],
)
@pytest.mark.parametrize("read", [envelope, lambda sent: parse(sent, {})], ids=["envelope", "parse"])
def test_what_is_not_json_is_said_to_be_so(read: Any, sent: bytes) -> None:
    with pytest.raises(BadRequest, match="not valid JSON"):
        read(sent)


@pytest.mark.parametrize("sent", [b"[]", b'"a"', b"null", b"3"])
@pytest.mark.parametrize("read", [envelope, lambda sent: parse(sent, {})], ids=["envelope", "parse"])
def test_a_body_must_be_an_object(read: Any, sent: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        read(sent)
    assert caught.value.message == "Input should be a valid dictionary"
    assert caught.value.field is None


def test_a_half_character_in_a_text_is_refused_and_named_no_bug_of_ours() -> None:
    with pytest.raises(BadRequest, match="not valid JSON"):
        parse(b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"\\ud83d"}]}', {})


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"{}", "model: Field required"),
        (b'{"model":1}', "model: Input should be a valid string"),
        (b'{"model":""}', "model: String should have at least 1 character"),
        (b'{"model":"m","stream":1}', "stream: Input should be a valid boolean"),
    ],
)
def test_the_envelope_names_what_it_misses(sent: bytes, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        envelope(sent)
    assert caught.value.message == message


def test_counting_needs_no_max_tokens() -> None:
    sent = json.dumps({name: GOOD[name] for name in ("model", "messages")}).encode()
    assert parse(sent, {}, to_count=True).conversation.max_tokens is None
    assert parse(body(), {}, to_count=True).conversation.max_tokens == 10
    with pytest.raises(BadRequest, match="max_tokens: Field required"):
        parse(sent, {})


@pytest.mark.parametrize(
    ("system", "kept"),
    [
        ([{"type": "text", "text": "x-anthropic-billing-header: cc_version=1;"}], ()),
        ("x-anthropic-billing-header: cc_version=1;\nBe kind.", (Text("Be kind."),)),
        (
            "Be kind.\nx-anthropic-billing-header: quoted",
            (Text("Be kind.\nx-anthropic-billing-header: quoted"),),
        ),
        ("", ()),
        ([], ()),
        (None, ()),
    ],
)
def test_the_billing_line_never_reaches_another_vendor(system: Any, kept: tuple[Text, ...]) -> None:
    """REQ-01; it is no content, so no loss is noted."""
    parsed = parse(body(system=system), {})
    assert parsed.conversation.system == kept
    assert parsed.losses == ()


def test_operator_text_before_anybody_spoke_is_the_system_prompt() -> None:
    messages = [
        {"role": "system", "content": "first"},
        {"role": "system", "content": [{"type": "text", "text": "second"}]},
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "later"},
    ]
    conversation = parse(body(messages=messages, system="zeroth"), {}).conversation
    assert conversation.system == (Text("zeroth"), Text("first"), Text("second"))
    assert [turn.role for turn in conversation.turns] == [Role.USER, Role.SYSTEM]


def test_a_compaction_is_told_to_other_models_as_user_text() -> None:
    compaction = {"type": "compaction", "content": "So far: two files."}
    messages = [
        {"role": "user", "content": "old"},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "a"}, compaction, {"type": "text", "text": "b"}],
        },
        {"role": "assistant", "content": [{"type": "compaction", "content": None}]},
        {"role": "user", "content": "go on"},
    ]
    turns = parse(body(messages=messages), {}).conversation.turns
    assert [(turn.role, turn.blocks) for turn in turns] == [
        (Role.USER, (Text("old"),)),
        (Role.ASSISTANT, (Text("a"),)),
        (Role.USER, (Text("So far: two files."),)),
        (Role.ASSISTANT, (Text("b"),)),
        (Role.USER, (Text("go on"),)),
    ]


def test_arguments_and_schemas_keep_every_character() -> None:
    sent = (
        b'{"model":"m","max_tokens":1,"tools":[{"name":"f","input_schema": {"b" : 1.50, "a":"\\u00e9"} }],'
        b'"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f",'
        b'"input": {"z":1e2, "a" : 12345678901234567890123} }]}], "of_tomorrow": [1.0,  2] }'
    )
    conversation = parse(sent, {}).conversation
    assert conversation.tools[0].schema == '{"b" : 1.50, "a":"\\u00e9"}'
    assert spell(conversation.turns[0].blocks[0])["ToolCall"]["arguments"] == (
        '{"z":1e2, "a" : 12345678901234567890123}'
    )
    assert conversation.knobs == {"of_tomorrow": "[1.0,  2]"}


@pytest.mark.parametrize("version", ["", "2023-06-01"])
def test_sampling_is_legal_before_october_2026(version: str) -> None:
    sampling = parse(body(temperature=1, top_k=None), {"anthropic-version": version}).conversation.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k) == (1.0, None, None)


def test_nested_documents_and_assistant_citations_stay_legal_after_it() -> None:
    document = {"type": "document", "source": {"type": "text", "data": "x"}}
    messages = [
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "a", "citations": [{"type": "char_location"}]}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "i", "content": [document]}]},
    ]
    assert len(parse(body(messages=messages), {"anthropic-version": "2026-10-21"}).conversation.turns) == 2


@pytest.mark.parametrize(
    ("user_id", "user", "session"),
    [
        ("someone", "someone", None),
        ('{"device_id":"d","account_uuid":"a","session_id":"s"}', "d/a", "s"),
        ('{"session_id":"s"}', '{"session_id":"s"}', "s"),
        ('{"device_id":', '{"device_id":', None),
        ('{"device_id":5}', '{"device_id":5}', None),
    ],
)
def test_who_speaks_is_hashed_and_the_session_is_known(user_id: str, user: str, session: str | None) -> None:
    conversation = parse(body(metadata={"user_id": user_id}), {}).conversation
    assert conversation.user == hashlib.sha256(user.encode()).hexdigest()
    assert conversation.session == session


@pytest.mark.parametrize("metadata", [None, {}, {"user_id": None}, {"user_id": ""}])
def test_nobody_in_particular(metadata: Any) -> None:
    conversation = parse(body(metadata=metadata), {}).conversation
    assert (conversation.user, conversation.session) == (None, None)


def test_the_session_header_wins() -> None:
    sent = body(metadata={"user_id": '{"session_id":"s"}'})
    assert parse(sent, {"x-claude-code-session-id": "h"}).conversation.session == "h"


def test_the_old_name_of_the_output_format() -> None:
    old = {"type": "json_schema", "schema": {"type": "object"}}
    output = parse(body(output_format=old), {}).conversation.output
    assert output is not None and output.schema == '{"type":"object"}'
    new = {"format": {"type": "json_schema", "schema": {"type": "array"}}}
    output = parse(body(output_format=old, output_config=new), {}).conversation.output
    assert output is not None and output.schema == '{"type":"array"}'


def test_an_unknown_tier_is_a_loss_not_a_refusal() -> None:
    parsed = parse(body(service_tier="warp"), {})
    assert parsed.conversation.service_tier is None
    assert [str(loss) for loss in parsed.losses] == ["service_tier=dropped"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KNOWN_TYPES = st.sampled_from(
    (
        "text",
        "image",
        "document",
        "search_result",
        "tool_use",
        "tool_result",
        "thinking",
        "redacted_thinking",
        "server_tool_use",
        "web_search_tool_result",
        "compaction",
        "mcp_tool_use",
        "hologram",
    )
)
BLOCKS = st.fixed_dictionaries(
    {"type": KNOWN_TYPES},
    optional=dict.fromkeys(
        ("text", "source", "content", "input", "id", "name", "tool_use_id", "citations", "title"), JSON
    ),
)


def refusal(fields: dict[str, Any]) -> str | None:
    """What the client is told, or None when the request is read."""
    try:
        parse(json.dumps({**GOOD, **fields}).encode(), {})
    except BadRequest as refused:
        return refused.message
    return None


@given(st.lists(BLOCKS | JSON, max_size=4), st.sampled_from(["user", "assistant", "system"]))
def test_any_content_is_read_or_refused_with_a_path(content: Any, role: str) -> None:
    told = refusal({"messages": [{"role": role, "content": content}]})
    assert told is None or told.startswith(("messages.0", "The request body"))


@given(st.sampled_from(["system", "tools", "tool_choice", "thinking", "output_config", "metadata"]), JSON)
def test_any_field_is_read_or_refused_by_name(name: str, value: Any) -> None:
    told = refusal({name: value})
    assert told is None or told.startswith((name, "The request body"))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(sent: bytes) -> None:
    with pytest.raises(BadRequest):
        parse(sent, {})
    with pytest.raises(BadRequest):
        envelope(sent)
