"""What a session holds, which conversation it fits, and what is no session at all."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from isthmus.providers.claude_code import session
from isthmus.providers.claude_code.lines import LINE
from isthmus.providers.claude_code.request import Message
from isthmus.providers.claude_code.session import Minutes, Session, fitting

ID = "826d8676-ebf4-44ed-ac74-4d21ef85e574"
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
CALL = {"type": "tool_use", "id": "t1", "name": "Read", "input": {"file_path": "/a"}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "inside"}


def message(role: str, *blocks: Any) -> Message:
    return msgspec.json.decode(json.dumps({"role": role, "content": blocks}), type=Message)


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def minutes(*heard: tuple[str, Any], before: tuple[Message, ...] = (), id: str | None = ID) -> Minutes:
    taken = Minutes(before, message("user", text("What is in it?")))
    taken.id = id
    for role, content in heard:
        line = {"type": role, "message": {"role": role, "content": content}}
        taken.hear(LINE.decode(json.dumps(line)))
    return taken


ANSWERED = (("assistant", [THOUGHT]), ("assistant", [CALL]), ("user", [RESULT]), ("assistant", "Inside."))


def test_blocks_of_one_speaker_are_one_message() -> None:
    before = (message("user", text("Hi")), message("assistant", text("Hello")))
    kept = minutes(*ANSWERED, before=before).session("name")
    assert kept is not None
    assert json.loads(kept) == {
        "id": ID,
        "heard": "name",
        "messages": [
            {"role": "user", "content": [text("Hi")]},
            {"role": "assistant", "content": [text("Hello")]},
            {"role": "user", "content": [text("What is in it?")]},
            {"role": "assistant", "content": [THOUGHT, CALL]},
            {"role": "user", "content": [RESULT]},
            {"role": "assistant", "content": [text("Inside.")]},
        ],
    }


def test_one_is_found_again_under_its_name_alone() -> None:
    kept = minutes(*ANSWERED).session("name")
    found = fitting(kept, "name")
    assert isinstance(found, Session)
    assert (str(found.uuid), len(found.messages)) == (ID, 4)
    assert fitting(kept, "another name") is None
    assert fitting(kept, None) is None


@pytest.mark.parametrize(
    "kept",
    [
        None,
        b"",
        b"{}",
        b"\xff",
        b'{"id":"x","heard":"name","messages":[{"role":"assistant","content":[]}]}',
        b'{"id":"%s","heard":"name","messages":[]}' % ID.encode(),
        b'{"session":"of another provider"}',
    ],
)
def test_what_is_none_of_ours_is_no_session(kept: bytes | None) -> None:
    assert fitting(kept, "name") is None


def test_a_session_that_cannot_go_on_is_not_kept() -> None:
    assert minutes(*ANSWERED[:3]).session("name") is None, "it ends with a result"
    assert minutes(*ANSWERED, id=None).session("name") is None
    assert minutes(*ANSWERED, ("assistant", 7)).session("name") is None, "a line that nobody can read"


def test_a_large_session_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = minutes(*ANSWERED).session("name")
    assert whole is not None
    monkeypatch.setattr(session, "MOST_BYTES", len(whole))
    assert minutes(*ANSWERED).session("name") == whole
    monkeypatch.setattr(session, "MOST_BYTES", len(whole) - 1)
    assert minutes(*ANSWERED).session("name") is None
