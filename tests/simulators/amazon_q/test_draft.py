"""How an answer becomes frames."""

import json
import random

from isthmus.simulators.amazon_q.answers import Pause, Played
from isthmus.simulators.amazon_q.chat import Chat
from isthmus.simulators.amazon_q.draft import (
    Draft,
    Redacted,
    Say,
    Think,
    is_redacted,
    pieces,
    played,
    redacted,
    signature,
)
from isthmus.simulators.amazon_q.models import MODELS
from simulators.amazon_q.asking import MODEL, calls_of, chat, events, text_of


def draft(family: str = "q", *, aws_json: bool = False) -> Draft:
    return Draft(Chat(chat(), MODELS[MODEL], family, aws_json), random.Random(1))


def test_text_comes_in_small_deltas_equal_ones_too() -> None:
    made = draft()
    made.parts.append(Say("no no  no 🙂"))
    assert pieces("no no  no 🙂") == ["no", " no", " ", " no", " 🙂"]
    assert text_of(played(made)) == "no no  no 🙂"


def test_a_thought_ends_with_its_signature() -> None:
    made = draft()
    made.parts += [Think("hm"), Redacted("secret")]
    told = [payload for name, payload in events(played(made)) if name == "reasoningContentEvent"]
    assert told == [
        {"text": "hm"},
        {"signature": signature(MODEL, "hm")},
        {"redactedContent": redacted(MODEL, "secret")},
    ]
    assert is_redacted(MODEL, told[2]["redactedContent"])
    assert not is_redacted("other", told[2]["redactedContent"])


def test_the_input_of_a_call_comes_in_fragments_cut_anywhere() -> None:
    made = draft()
    given = {"text": 'a "quoted" line\n and ü', "n": [1, 2, 3]}
    made.call("write", given)
    told = [payload for name, payload in events(played(made)) if name == "toolUseEvent"]
    assert len(told) > 5
    assert told[0].keys() == {"toolUseId", "name"}
    assert told[-1]["stop"] is True
    assert calls_of(played(made)) == [("write", given)]


def test_calls_may_come_by_turns_and_in_other_forms() -> None:
    made = draft()
    made.call("a", {"x": "1234567890" * 3})
    made.call("b", {"y": "1234567890" * 3}, "no-stop")
    made.interleaved = True
    told = [payload for name, payload in events(played(made)) if name == "toolUseEvent"]
    assert [payload["name"] for payload in told[:4]] == ["a", "b", "a", "b"]
    assert [payload["name"] for payload in told if payload.get("stop")] == ["a"]
    for form, wanted in (("first-event", json.dumps({"x": 1})), ("object", {"x": 1})):
        made = draft()
        made.call("a", {"x": 1}, form)
        assert wanted in [
            payload.get("input") for name, payload in events(played(made)) if name == "toolUseEvent"
        ]


def test_a_call_that_is_not_finished_says_so_nowhere() -> None:
    made = draft()
    made.call("a", {"x": "a long enough text"}, "unfinished")
    told = [payload for name, payload in events(played(made)) if name == "toolUseEvent"]
    assert not any("stop" in payload for payload in told)
    assert "".join(payload.get("input", "") for payload in told) not in (
        "",
        json.dumps({"x": "a long enough text"}),
    )


def test_only_newer_hosts_say_why_it_ended_and_only_aws_json_begins_with_a_frame_of_its_own() -> None:
    names = [name for name, _ in events(played(draft()))]
    assert "initial-response" not in names
    assert events(played(draft(aws_json=True)))[0][0] == "initial-response"
    last = {family: events(played(draft(family)))[-1][1].get("stopReason") for family in ("q", "kiro")}
    assert last == {"q": None, "kiro": "END_TURN"}


def test_metadata_may_be_missing_empty_or_zero() -> None:
    for kind, wanted in (("absent", None), ("empty", {}), ("zero", 0)):
        made = draft()
        made.metadata = kind
        last = dict(events(played(made))).get("metadataEvent")
        found = last if not last else last["tokenUsage"]["totalTokens"]
        assert found == wanted


def test_usage_and_credits_are_of_one_mind() -> None:
    made = draft()
    made.usage = (15, 75, 10, 5)
    told = dict(events(played(made)))
    assert told["metadataEvent"]["tokenUsage"]["totalTokens"] == 105
    assert told["meteringEvent"]["usage"] == made.credits
    assert told["contextUsageEvent"]["contextUsagePercentage"] == round(105 / 2000, 4)


def test_pieces_and_pauses() -> None:
    made = draft()
    made.pause_s, made.sizes = 0.1, "bytes"
    answer = played(made)
    assert isinstance(answer, Played)
    assert answer.steps[0] == Pause(0.1)
    assert answer.sizes == [1]
    assert answer.headers == {"x-amzn-codewhisperer-conversation-id": "conversation-1"}
