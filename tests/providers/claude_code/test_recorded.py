"""What Claude Code 2.1.330 wrote in each scene, on 2026-11-21 against the simulated Messages API (`record.py`), read again."""

import json
import random
from itertools import pairwise
from typing import Any

import pytest

from isthmus.core.events import Event
from isthmus.core.grammar import check
from providers.claude_code.scenes import FOLDER, SCENES
from providers.claude_code.summary import summary


def recorded(name: str) -> bytes:
    return (FOLDER / f"{name}.jsonl").read_bytes()


def expected(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    assert told["origin"]
    found: dict[str, Any] = told["scenes"][name]
    return found


def played(name: str, pieces: list[bytes]) -> tuple[list[Event], bytes]:
    """The events, and everything that was written to the CLI."""
    dialogue = SCENES[name].dialogue()
    written, events = dialogue.opening() + dialogue.take(), list[Event]()
    for piece in pieces:
        events += dialogue.feed(piece)
        written += dialogue.take()
    events += dialogue.close()
    assert dialogue.ended
    return events, written


def test_every_recording_is_a_scene() -> None:
    assert {file.stem for file in FOLDER.glob("*.jsonl")} == set(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_understood(name: str) -> None:
    events, _ = played(name, [recorded(name)])
    check(events)
    assert summary(events) == expected(name)


@pytest.mark.parametrize("name", SCENES)
def test_where_the_pipe_cuts_the_bytes_does_not_matter(name: str) -> None:
    whole = recorded(name)
    once = repr(played(name, [whole]))
    assert repr(played(name, [whole[at : at + 1] for at in range(len(whole))])) == once
    luck = random.Random(name)
    for _ in range(20):
        cuts = [0, *sorted(luck.sample(range(len(whole)), 5)), len(whole)]
        assert repr(played(name, [whole[a:b] for a, b in pairwise(cuts)])) == once


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_that_breaks_off_ends_honestly(name: str) -> None:
    whole = recorded(name)
    lines = whole.splitlines(keepends=True)
    for count in range(len(lines)):
        events, _ = played(name, [b"".join(lines[:count])])
        check(events)
        torn, _ = played(name, [b"".join(lines[:count]), lines[count][:-10]])
        check(torn)


def changed(value: Any, luck: random.Random) -> Any:
    """The value, here and there without a member or with another one in its place."""
    if luck.random() < 0.02:
        return luck.choice([None, 3, "word", [], {}, {"type": "message_start"}])
    match value:
        case dict():
            return {name: changed(each, luck) for name, each in value.items() if luck.random() > 0.02}
        case list():
            return [changed(each, luck) for each in value]
        case _:
            return value


@pytest.mark.parametrize("name", SCENES)
def test_whatever_the_cli_says_the_answer_is_grammatical(name: str) -> None:
    luck = random.Random(name)
    lines = [json.loads(line) for line in recorded(name).splitlines()]
    for _ in range(100):
        said = [json.dumps(changed(line, luck), separators=(",", ":")).encode() + b"\n" for line in lines]
        if luck.random() < 0.5:
            said.insert(luck.randrange(len(said)), luck.choice(said))
        events, _ = played(name, [b"".join(said)])
        check(events)


def test_only_what_the_turn_needs_is_said_to_the_cli() -> None:
    _, written = played("text", [recorded("text")])
    said = [json.loads(line) for line in written.splitlines()]
    kinds = [each["type"] for each in said]
    assert kinds == ["control_request", "control_request", "user", "assistant", "user", "assistant", "user"]
    assert all(each["client_composed"] for each in said if each["type"] == "user")
