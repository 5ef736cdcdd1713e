"""Turns of every kind → messages of the service."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.core.conversation import (
    CacheMark,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    Text,
    Thinking,
    ToolReference,
    ToolResult,
    Turn,
)
from isthmus.core.errors import BadRequest, Kind
from isthmus.providers.amazon_q.history import CONTINUE, NO_CONTENT, NO_OUTPUT, NO_WORDS, Manner, Messages
from isthmus.providers.amazon_q.signatures import pack_redacted, pack_signature
from providers.amazon_q.test_media import b64, png
from talk import assistant, call, result, system, user

MODEL = "claude-sonnet-4.5"
PIC = Image(InlineData("image/png", png()))
PDF = Document(InlineData("application/pdf", b64(b"%PDF-1.4")), "note")
SENT_PIC = {"format": "png", "source": {"bytes": png()}}


def written(*turns: Turn, **manner: Any) -> Messages:
    messages = Messages(Manner(MODEL, "CLI", **manner))
    messages.add(turns)
    return messages


def entries(*turns: Turn, **manner: Any) -> list[Any]:
    """What is said, without the two members that every user's message has."""
    shown = []
    for entry in written(*turns, **manner).entries:
        (message,) = entry.values()
        if "userInputMessage" in entry:
            assert (message.pop("origin"), message.pop("modelId")) == ("CLI", MODEL)
        shown.append({name: _plain(value) for name, value in message.items()})
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [
            {**each, "input": bytes(each["input"]).decode()} if "input" in each else each for each in value
        ]
    return value


def lost(*turns: Turn, **manner: Any) -> list[str]:
    return [str(loss) for loss in written(*turns, **manner).losses]


def test_words() -> None:
    assert entries(user("one", " ", "two"), assistant("a", "b"), user("three")) == [
        {"content": "one\n\ntwo"},
        {"content": "ab"},
        {"content": "three"},
    ]


def test_a_round_of_tools() -> None:
    turns = (
        user("hi"),
        assistant("Look.", call("1", "f", '{"a": 1}'), call("2", "g", "{}")),
        user(result("1", "ok"), ToolResult("2", (Text("no"),), is_error=True), "and?"),
    )
    assert entries(*turns)[1:] == [
        {
            "content": "Look.",
            "toolUses": [
                {"toolUseId": "1", "name": "f", "input": '{"a": 1}'},
                {"toolUseId": "2", "name": "g", "input": "{}"},
            ],
        },
        {
            "content": "and?",
            "userInputMessageContext": {
                "toolResults": [
                    {"toolUseId": "1", "status": "success", "content": [{"text": "ok"}]},
                    {"toolUseId": "2", "status": "error", "content": [{"text": "no"}]},
                ]
            },
        },
    ]


def test_what_needs_no_words_has_none() -> None:
    called, answered = entries(user("hi"), assistant(call("1")), user(result("1")))[1:]
    assert (called["content"], answered["content"]) == (NO_WORDS, "")


def test_results_without_words_say_so() -> None:
    parts = [(), (Text(" "),), (ToolReference("other"),)]
    turns = [user("hi"), assistant(*map(call, "123"))]
    answered = user(*(ToolResult(id, part) for id, part in zip("123", parts, strict=True)))
    results = entries(*turns, answered)[-1]["userInputMessageContext"]["toolResults"]
    assert [each["content"][0]["text"] for each in results] == [NO_OUTPUT, NO_OUTPUT, "Tool loaded: other"]


def test_without_declared_tools_their_traffic_is_told() -> None:
    turns = (
        user("hi"),
        assistant("Look.", call("1", "f", '{"a":1}')),
        user(ToolResult("1", (Text("no"),), is_error=True), result("2"), "and?"),
    )
    assert entries(*turns, told=True)[1:] == [
        {"content": 'Look.\n\n[Tool: f (1)]\n{"a":1}'},
        {"content": "[Tool Error (1)]\nno\n\n[Tool Result (2)]\nok\n\nand?"},
    ]


def test_a_user_who_says_nothing() -> None:
    assert entries(user(" ")) == [{"content": NO_CONTENT}]


def test_operator_text_and_neighbours_join_the_users() -> None:
    assert entries(user("a"), system("b"), user("c")) == [{"content": "a\n\nb\n\nc"}]


def test_an_answer_of_nothing_but_foreign_thoughts_leaves_no_gap() -> None:
    assert entries(user("a"), assistant(Thinking("hm")), user("b")) == [{"content": "a\n\nb"}]


def test_words_put_into_the_models_mouth() -> None:
    turns = (user("a"), assistant("I would say"))
    assert entries(*turns) == [{"content": "a"}, {"content": "I would say"}, {"content": CONTINUE}]
    assert lost(*turns) == ["messages.role:assistant=emulated(asked to continue)"]


def test_the_system_text_leads() -> None:
    messages = Messages(Manner(MODEL, "KIRO_CLI"))
    messages.lead("Be brief.", marked=True)
    asked = {"content": "Be brief.", "origin": "KIRO_CLI", "modelId": MODEL}
    assert messages.entries == [
        {"userInputMessage": asked},
        {"assistantResponseMessage": {"content": "Understood."}},
    ]
    assert messages.marked == [asked]


# Files ----------------------------------------------------------------------------------------------------------------


def test_images_of_the_newest_message_go_along() -> None:
    assert entries(user("look", PIC)) == [{"content": "look", "images": [SENT_PIC]}]
    assert entries(user(PIC)) == [{"content": "[image attached]", "images": [SENT_PIC]}]


def test_a_document_that_the_model_takes() -> None:
    (message,) = entries(user(PDF))
    assert message["content"] == "[document attached]"
    assert [each["name"] for each in message["documents"]] == ["note 1"]
    (message,) = entries(user("read", Document(PDF.source, "x", "of May"), PDF))
    assert message["content"] == "read\n\nof May"
    assert [each["name"] for each in message["documents"]] == ["x 1", "note 2"]


def test_a_file_that_the_model_does_not_read() -> None:
    for file, word in ((PIC, "image"), (PDF, "document")):
        messages = Messages(Manner(MODEL, "CLI", unread=frozenset((word,))))
        messages.add((user("look", file),))
        assert [str(each) for each in messages.losses] == [f"{word}=replaced(placeholder)"]
        [entry] = messages.entries
        assert entry["userInputMessage"].keys() == {"content", "origin", "modelId"}
        assert "this model does not read such files" in entry["userInputMessage"]["content"]


EARLIER = (user("look", PIC), assistant("I see."), user("sure?"))
BESIDE = (user("hi"), assistant(call("1")), user(result("1"), PIC))
WITHIN = (user("hi"), assistant(call("1")), user(ToolResult("1", (Text("shot"), PIC))))


@pytest.mark.parametrize("turns", [EARLIER, BESIDE, WITHIN])
def test_an_image_without_a_place_gives_way_to_words(turns: tuple[Turn, ...]) -> None:
    assert lost(*turns) == ["image=replaced(placeholder)"]
    sent = str(entries(*turns))
    assert "[image removed: the service takes " in sent
    assert "'images'" not in sent


@pytest.mark.parametrize("turns", [EARLIER, BESIDE, WITHIN])
def test_or_is_refused_where_the_operator_wants_that(turns: tuple[Turn, ...]) -> None:
    with pytest.raises(BadRequest, match=r"^capability_rejected: image_block$") as caught:
        written(*turns, refuse=True)
    assert caught.value.kind is Kind.CAPABILITY


@pytest.mark.parametrize("turns", [EARLIER, BESIDE, WITHIN])
def test_or_goes_along_where_the_account_takes_it(turns: tuple[Turn, ...]) -> None:
    assert lost(*turns, files_anywhere=True) == []
    assert "'images'" in str(entries(*turns, files_anywhere=True))


def test_told_results_leave_room_for_images() -> None:
    assert entries(*BESIDE, told=True)[-1]["images"] == [SENT_PIC]


def test_a_document_that_nobody_reads_gives_way_to_words() -> None:
    archive = Document(InlineData("application/zip", "UEsD"), "all")
    assert entries(user(archive)) == [
        {"content": "[document 'all' removed: the service does not read files of this kind]"}
    ]


def test_the_detail_of_an_image_is_nobodys_business() -> None:
    assert lost(user(Image(PIC.source, "high"))) == ["image_url.detail=dropped"]


# Thoughts -------------------------------------------------------------------------------------------------------------

SIGNED = Thinking("hm", pack_signature(MODEL, "c2ln"))
REDACTED = pack_redacted(MODEL, "AAEC")


@pytest.mark.parametrize(
    ("thought", "sent"),
    [
        (SIGNED, {"reasoningText": {"text": "hm", "signature": "c2ln"}}),
        (REDACTED, {"redactedContent": "AAEC"}),
    ],
)
def test_a_models_own_thought_comes_home(thought: Thinking | Opaque, sent: Any) -> None:
    turns = (user("a"), assistant(thought, "b"), user("c"))
    assert entries(*turns)[1] == {"content": "b", "reasoningContent": sent}
    assert lost(*turns) == []


@pytest.mark.parametrize(
    "thought",
    [
        Thinking("hm"),
        Thinking("hm", pack_signature("claude-opus-4.5", "c2ln")),
        Thinking("hm", Opaque("anthropic", "signature", "c2ln")),
        pack_redacted("claude-opus-4.5", "AAEC"),
    ],
)
def test_no_other_thought_does(thought: Thinking | Opaque) -> None:
    turns = (user("a"), assistant(thought, "b"), user("c"))
    assert entries(*turns)[1] == {"content": "b"}
    assert lost(*turns) == ["messages.thinking=dropped(of another model)"]


def test_after_a_refusal_none_does() -> None:
    turns = (user("a"), assistant(SIGNED, "b"), user("c"))
    assert entries(*turns, thoughts=False)[1] == {"content": "b"}
    assert lost(*turns, thoughts=False) == ["messages.thinking=dropped(left out after a refusal)"]


def test_of_several_thoughts_the_last() -> None:
    turns = (user("a"), assistant(SIGNED, "b", REDACTED, call("1")), user(result("1")))
    assert entries(*turns)[1]["reasoningContent"] == {"redactedContent": "AAEC"}
    assert lost(*turns) == ["messages.thinking=dropped(one to a message)"]


# The rest -------------------------------------------------------------------------------------------------------------


def test_blocks_of_other_vendors_are_told_where_they_can_be() -> None:
    told, dumb = Foreign("x", "search", "{}", "found it"), Foreign("x", "blob", "{}")
    turns = (user("a", told), assistant(dumb, told), user("b", dumb))
    assert [each["content"] for each in entries(*turns)] == ["a\n\nfound it", "found it", "b"]
    assert set(lost(*turns)) == {"search=converted", "blob=dropped"}


def test_what_a_user_cannot_say_is_dropped() -> None:
    assert entries(user("a", call("1"))) == [{"content": "a"}]
    assert lost(user("a", call("1"))) == ["messages.content=dropped(only an assistant says such a thing)"]


def test_where_the_client_wants_the_prompt_cached() -> None:
    messages = written(user(Text("a", CacheMark.SHORT)), assistant("b"), user("c"))
    assert [message["content"] for message in messages.marked] == ["a"]


def test_a_longer_conversation_begins_with_the_shorter_one() -> None:
    turns = [user("a"), assistant(SIGNED, "b", call("1")), user(result("1")), assistant("c"), user("d")]
    assert entries(*turns)[:3] == entries(*turns[:3])
