import msgspec
import pytest

from isthmus.core.conversation import Opaque
from isthmus.core.events import Event, Noted, Stop
from isthmus.core.fold import SaidText, SaidThinking, fold
from isthmus.core.usage import Usage
from isthmus.providers.anthropic.errors import Refusals
from isthmus.providers.anthropic.schema import ABSENT, BLOCK, Block
from isthmus.providers.anthropic.speaker import Speaker, input_of


def speaker(*, unfenced: bool = False) -> Speaker:
    return Speaker(Refusals("claude", lambda: 0.0).told, unfenced=unfenced)


def ended(speaking: Speaker) -> list[Event]:
    speaking.composer.finish()
    return speaking.composer.take()


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def test_an_answer_in_the_making() -> None:
    speaking = speaker()
    speaking.begin(raw({"id": "msg_1", "model": "m", "usage": {"input_tokens": 3}}))
    speaking.thinking(Block("thinking", thinking="hm", signature="E"))
    speaking.text("a")
    speaking.close_text()
    speaking.text("b")
    speaking.count(raw({"output_tokens": 4}))
    speaking.stop("max_tokens", None, ABSENT)
    said = fold(ended(speaking))
    assert said.blocks == (
        SaidThinking("hm", Opaque("anthropic", "signature", "E")),
        SaidText("a"),
        SaidText("b"),
    )
    assert (said.id, said.reason, said.usage) == ("msg_1", Stop.MAX_TOKENS, Usage(3, 0, 0, 4))


@pytest.mark.parametrize(
    ("damage", "note"),
    [
        (lambda it: it.begin(raw([])), "unreadable_message_start"),
        (lambda it: it.cite(raw(5)), "unreadable_citation"),
        (lambda it: it.stop("refusal", None, raw("odd")), "unreadable_stop_details"),
        (lambda it: it.stop("astonished", None, ABSENT), "unknown_stop_reason"),
    ],
)
def test_what_cannot_be_read_is_noted(damage, note: str) -> None:  # type: ignore[no-untyped-def]
    speaking = speaker()
    damage(speaking)
    assert note in [event.what for event in ended(speaking) if isinstance(event, Noted)]


def test_each_text_may_stand_in_a_fence_of_its_own() -> None:
    speaking = speaker(unfenced=True)
    for _ in range(2):
        speaking.text("```json\n{}\n```")
        speaking.close_text()
    assert fold(ended(speaking)).blocks == (SaidText("{}"), SaidText("{}"))


@pytest.mark.parametrize(
    ("block", "arguments"),
    [
        ({"type": "tool_use"}, ""),
        ({"type": "tool_use", "input": None}, ""),
        ({"type": "tool_use", "input": {}}, ""),
        ({"type": "tool_use", "input": {"a": [1]}}, '{"a":[1]}'),
    ],
)
def test_input_that_stands_in_the_block(block: dict[str, object], arguments: str) -> None:
    assert input_of(BLOCK.decode(msgspec.json.encode(block))) == arguments
