"""What is ordered of the model, by marker or by its name."""

import json
import re
from pathlib import Path

import pytest

from isthmus.simulators.amazon_q.answers import Cut, Pause, Played
from isthmus.simulators.amazon_q.behaviours import BEHAVIOURS, LISTED, model_called, named
from isthmus.simulators.amazon_q.faults import FAULTS, STRANGE
from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import (
    Json,
    asked,
    calls_of,
    chat,
    events,
    read_frames,
    result,
    said,
    text_of,
    told,
    tool,
    use,
    user,
)

TOOLS = [tool(), tool("get_time", {"type": "object"})]


def ordered(simulator: Simulator, marker: str, **more: object) -> Played:
    [account] = simulator.people.accounts.values()
    answer = asked(simulator, account, chat(f"Look. [[sim: {marker}]]", tools=TOOLS, **more))  # type: ignore[arg-type]
    assert isinstance(answer, Played)
    return answer


def frames_of(answer: Played) -> list[tuple[dict[str, str], Json]]:
    data = b"".join(step for step in answer.steps if isinstance(step, bytes))
    return [(headers, json.loads(payload or b"{}")) for headers, payload in read_frames(data)]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("sim-usage-15-75-10-5", [("usage", "15 75 10 5")]),
        ("sim-tool-no-stop", [("tool-no-stop", "")]),
        ("sim-silent-0.3", [("silent", "0.3")]),
        ("sim-throttled-30", [("throttled", "30")]),
        ("sim-throttled-hour", [("throttled-hour", "")]),
        ("sim-once-model-full", [("once", "model-full")]),
        ("sim-nothing", []),
        ("claude-sonnet-4.5", []),
    ],
)
def test_models_by_name(name: str, wanted: list[tuple[str, str]]) -> None:
    assert named(name) == wanted


def test_every_behaviour_is_described_and_most_are_models() -> None:
    assert all(model_called(name) is not None for name in LISTED)
    assert model_called("sim-unheard-of") is None
    assert len(LISTED) > 80


@pytest.mark.parametrize("name", sorted(set(BEHAVIOURS) - {"once", "tool-unfinished", "strict-schemas"}))
def test_every_behaviour_gives_an_answer(simulator: Simulator, name: str) -> None:
    given = {
        "usage": " 1 2 3 4",
        "context": " 99",
        "stop": " end turn",
        "late": " 0",
        "silent": " 0",
        "stall": " 0",
    }
    answer = ordered(simulator, name + given.get(name, ""))
    assert answer.steps or name == "empty"


def test_tools(simulator: Simulator) -> None:
    assert calls_of(ordered(simulator, "tool")) == [("get_weather", {"city": "example"})]
    assert calls_of(ordered(simulator, 'tool get_weather {"city": "Oslo"}')) == [
        ("get_weather", {"city": "Oslo"})
    ]
    assert [name for name, _ in calls_of(ordered(simulator, "parallel"))] == ["get_weather", "get_time"]
    assert [name for name, _ in calls_of(ordered(simulator, "interleaved get_time get_time"))] == [
        "get_time",
        "get_time",
    ]
    assert calls_of(ordered(simulator, "tool-without-input")) == [("get_weather", {})]
    assert text_of(ordered(simulator, "tool unheard_of")) == "No such tool was offered."
    order = [name for name, _ in events(ordered(simulator, "thinking-tools"))]
    assert (
        order.index("reasoningContentEvent")
        < order.index("assistantResponseEvent")
        < order.index("toolUseEvent")
    )


def test_after_the_call_it_tells_what_came_of_it(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    history = [user("Look."), said("", toolUses=[use("a")])]
    body = chat("", history=history, results=[result("a")], tools=TOOLS, model="sim-parallel")
    assert text_of(asked(simulator, account, body)) == "The tool answered: sunny"


def test_echoes(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    body = chat("Grüße [[sim: echo]]")
    assert json.loads(text_of(asked(simulator, account, body))) == body
    assert json.loads(text_of(asked(simulator, account, chat(model="sim-understood"))))["turns"]


def test_once_and_then_no_more(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    body = chat("Hello [[sim: once model-full]]")
    assert told(asked(simulator, account, body))["status"] == 429
    assert text_of(asked(simulator, account, body))
    assert told(asked(simulator, account, chat("Another [[sim: once throttled 9]]")))["status"] == 429
    simulator.forget()
    assert told(asked(simulator, account, body))["status"] == 429


@pytest.mark.parametrize(
    ("marker", "headers"),
    [
        ("exception throttled", {":message-type": "exception", ":exception-type": "throttlingException"}),
        ("exception-after", {":message-type": "exception", ":exception-type": "error"}),
        ("error-frame monthly", {":message-type": "error", ":error-code": "ServiceQuotaExceededException"}),
        ("invalid-state", {":message-type": "event", ":event-type": "invalidStateEvent"}),
    ],
)
def test_errors_within_the_stream_are_its_last_frame(
    simulator: Simulator, marker: str, headers: dict[str, str]
) -> None:
    found = frames_of(ordered(simulator, marker))
    assert headers.items() <= found[-1][0].items()
    assert (len(found) == 1) == marker.startswith("exception ")


@pytest.mark.parametrize(
    ("marker", "whole"), [("cut", False), ("cut-at-border", True), ("cut-tool", True), ("cut-first", True)]
)
def test_cuts(simulator: Simulator, marker: str, whole: bool) -> None:
    answer = ordered(simulator, marker)
    assert isinstance(answer.steps[-1], Cut)
    if whole:
        assert "metadataEvent" not in [headers.get(":event-type") for headers, _ in frames_of(answer)]
    else:
        with pytest.raises(AssertionError, match="not whole"):
            frames_of(answer)


@pytest.mark.parametrize(
    ("marker", "match"),
    [("crc-prelude", "prelude"), ("crc-message", "checksum"), ("ends-early", "not whole")],
)
def test_broken_frames(simulator: Simulator, marker: str, match: str) -> None:
    with pytest.raises(AssertionError, match=match):
        frames_of(ordered(simulator, marker))


def test_waiting(simulator: Simulator) -> None:
    assert ordered(simulator, "silent 3").steps[0] == Pause(3)
    assert Pause(4) in ordered(simulator, "stall 4").steps
    assert ordered(simulator, "slow").steps[0] == Pause(0.3)
    assert ordered(simulator, "late 2").late_s == 2
    assert not ordered(simulator, "closes").clean_end


def test_a_marker_nobody_knows_is_no_secret(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    assert "astonish" in told(asked(simulator, account, chat("[[sim: astonish]]")))["message"]


def test_rich_schemas_are_refused_until_they_are_plain(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    rich = tool(schema={"type": "object", "additionalProperties": False})
    assert (
        told(asked(simulator, account, chat("[[sim: strict-schemas]]", tools=[rich])))["reason"]
        == "TOOL_SCHEMA_INVALID"
    )
    assert text_of(asked(simulator, account, chat("[[sim: strict-schemas]]", tools=TOOLS)))


def test_every_name_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "amazon-q-simulator.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `([a-z0-9-]+)", page, re.MULTILINE))
    assert {*BEHAVIOURS, *FAULTS, *STRANGE} <= documented
