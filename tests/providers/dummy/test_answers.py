import msgspec
import pytest

from isthmus.core.conversation import (
    Conversation,
    Document,
    Format,
    Image,
    InlineData,
    OutputFormat,
    Reasoning,
    RemoteUrl,
    Sampling,
    ThinkingMode,
    ToolResult,
)
from isthmus.core.events import Stop
from isthmus.core.fold import SaidText, SaidThinking
from isthmus.core.usage import Usage
from isthmus.providers.dummy import answers
from providers.dummy.stage import READ, WEATHER, answered, asking, play, user


def test_text() -> None:
    assert play(asking("x"), "dummy-text").answer.blocks == (SaidText(answers.TEXT),)


def test_long() -> None:
    assert len(play(asking("x"), "dummy-long").text.split()) == answers.LONG_WORDS
    assert play(asking("x"), "dummy-long-3").text == "word1 word2 word3"


def test_thinking_unless_it_is_switched_off() -> None:
    thought = play(asking("x"), "dummy-thinking").answer.blocks
    assert thought == (SaidThinking(answers.THOUGHT), SaidText(answers.TEXT))
    off = asking("x", reasoning=Reasoning(ThinkingMode.DISABLED))
    assert play(off, "dummy-thinking").answer.blocks == (SaidText(answers.TEXT),)


def test_slow_and_silent() -> None:
    slow = play(asking("x"), "dummy-slow")
    assert set(slow.pauses) == {answers.SLOW_PAUSE_S}
    assert len(slow.pauses) > 10
    silent = play(asking("x"), "dummy-silent-2.5")
    assert (silent.pauses, silent.text) == ([2.5], "That was 2.5 s of silence.")


@pytest.mark.parametrize(
    ("model", "tools", "called"),
    [
        ("dummy-tool", (WEATHER, READ), ["get_weather"]),
        ("dummy-tool", (), []),
        ("dummy-parallel-tools", (WEATHER, READ), ["get_weather", "Read"]),
        ("dummy-parallel-tools", (WEATHER,), ["get_weather", "get_weather"]),
        ("dummy-malformed", (WEATHER,), ["get_weather"]),
        ("dummy-malformed", (), []),
    ],
)
def test_calls(model: str, tools: tuple, called: list[str]) -> None:  # type: ignore[type-arg]
    conversation = asking("x", *tools)
    played = play(conversation, model)
    assert [call.name for call in played.calls] == called
    assert len({call.id for call in played.calls}) == len(called)
    assert played.answer.reason is (Stop.TOOL_USE if called else Stop.END_TURN)
    if called:
        after = play(answered(conversation, played, *("fine" for _ in called)), model)
        assert after.calls == []
        assert "fine" in after.text


def test_parallel_calls_can_be_forbidden() -> None:
    conversation = asking("x", WEATHER, READ, parallel_tools=False)
    assert len(play(conversation, "dummy-parallel-tools").calls) == 1


def test_malformed_arguments_are_no_json() -> None:
    [call] = play(asking("x", WEATHER), "dummy-malformed").calls
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(call.arguments)


def test_a_failed_tool_is_told_as_such() -> None:
    conversation = asking("x", WEATHER)
    after = answered(conversation, play(conversation, "dummy-tool"), "no network", is_error=True)
    assert play(after, "dummy-tool").text == "The tool get_weather failed: no network"


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("dummy-refusal", Stop.REFUSAL),
        ("dummy-max-tokens", Stop.MAX_TOKENS),
        ("dummy-stop-sequence", Stop.STOP_SEQUENCE),
        ("dummy-empty", Stop.END_TURN),
    ],
)
def test_how_it_ends(model: str, reason: Stop) -> None:
    assert play(asking("x"), model).answer.reason is reason


def test_what_stands_with_the_end() -> None:
    assert play(asking("x"), "dummy-empty").answer.blocks == ()
    assert play(asking("x"), "dummy-refusal").answer.explanation == answers.REFUSAL
    stopped = play(asking("x", sampling=Sampling(stop=("###",))), "dummy-stop-sequence").answer
    assert stopped.stop_sequence == "###"
    assert play(asking("x"), "dummy-stop-sequence").answer.stop_sequence == "STOP"


def test_json_has_the_shape_asked_for() -> None:
    shape = OutputFormat(Format.JSON_SCHEMA, '{"type":"object","properties":{"n":{"type":"integer"}}}')
    assert play(asking("x", output=shape), "dummy-json").text == '{"n":1}'
    assert msgspec.json.decode(play(asking("x"), "dummy-json").text) == {"answer": answers.TEXT}


def test_vision_tells_what_it_received() -> None:
    picture = Image(InlineData("image/png", "aGVsbG8="))
    paper = Document(RemoteUrl("https://example.com/a.pdf"))
    turns = (user(picture, "look", paper), user(ToolResult("a", (picture,))))
    assert play(Conversation("dummy", turns), "dummy-vision").text == (
        "I received:\n1. image: image/png, 5 bytes\n2. document: at https://example.com/a.pdf\n3. image: image/png, 5 bytes"
    )
    assert play(asking("x"), "dummy-vision").text == "I received no image and no document."


def test_usage_is_as_ordered() -> None:
    assert play(asking("x"), "dummy-usage-15-75-10-42").answer.usage == Usage(15, 75, 10, 42)


def test_long_results_are_quoted_in_part() -> None:
    assert answers.quoted("x" * 10_000) == "x" * answers.MOST_QUOTED + "…"
