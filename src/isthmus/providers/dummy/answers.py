"""The ways a real model answers, on order."""

from __future__ import annotations

from typing import Final

import msgspec

from isthmus.core.commands import Exchange, Pause
from isthmus.core.conversation import Document, Format, Image, ThinkingMode, Tool, ToolResult
from isthmus.core.events import Stop
from isthmus.core.usage import Usage
from isthmus.providers.dummy.arguments import arguments_for, call_text
from isthmus.providers.dummy.echo import described, source_line
from isthmus.providers.dummy.example import example
from isthmus.providers.dummy.scene import Scene, as_schema, text_of
from isthmus.providers.dummy.speech import Speech

TEXT: Final = (
    "This is the dummy model. It needs no key and no network, and it says the same every time: "
    "Grüße, 你好, and a smile 🙂."
)
THOUGHT: Final = "The user wants to see me think. I think about it for a moment, and then I answer."
REFUSAL: Final = "The dummy model refuses this request, as its name asks."
MALFORMED: Final = '{"location": "Paris", "unit": ]'
NO_TOOLS: Final = "No tools were offered, so I cannot call one. Offer some and ask again."
LONG_WORDS: Final = 500
MOST_WORDS: Final = 100_000
SLOW_PAUSE_S: Final = 0.2
MOST_QUOTED: Final = 600


def text(scene: Scene) -> Exchange:
    yield from _spoken(scene, TEXT)


def long(scene: Scene) -> Exchange:
    count = min(int(scene.numbers[0]) if scene.numbers else LONG_WORDS, MOST_WORDS)
    yield from _spoken(scene, " ".join(f"word{number}" for number in range(1, count + 1)))


def thinking(scene: Scene) -> Exchange:
    speech = Speech(scene)
    if scene.conversation.reasoning.mode is not ThinkingMode.DISABLED:
        yield from speech.thinking(THOUGHT)
    yield from speech.text(TEXT)
    yield from speech.end()


def slow(scene: Scene) -> Exchange:
    speech = Speech(scene)
    yield from speech.text(TEXT, pause_s=SLOW_PAUSE_S)
    yield from speech.end()


def silent(scene: Scene) -> Exchange:
    yield Pause(scene.numbers[0])
    yield from _spoken(scene, f"That was {scene.numbers[0]:g} s of silence.")


def tool(scene: Scene) -> Exchange:
    yield from _calling(scene, scene.tools[:1])


def parallel_tools(scene: Scene) -> Exchange:
    """Two calls: of the first two tools, or of the only one twice. One where the request forbids more."""
    chosen = (scene.tools * 2)[:2]
    yield from _calling(scene, chosen[:1] if scene.conversation.parallel_tools is False else chosen)


def malformed(scene: Scene) -> Exchange:
    """A call whose arguments are not JSON."""
    if not scene.tools or (scene.results and not scene.must_call):
        yield from answer_about_tools(scene)
        return
    speech = Speech(scene)
    yield from speech.call(scene.tools[0].name, MALFORMED)
    yield from speech.end(Stop.TOOL_USE)


def echo(scene: Scene) -> Exchange:
    yield from _spoken(scene, described(scene.conversation))


def refusal(scene: Scene) -> Exchange:
    yield from Speech(scene).end(Stop.REFUSAL, explanation=REFUSAL)


def max_tokens(scene: Scene) -> Exchange:
    speech = Speech(scene)
    yield from speech.text("This answer had to end because it reached the")
    yield from speech.end(Stop.MAX_TOKENS)


def stop_sequence(scene: Scene) -> Exchange:
    """Ends at the request's first stop sequence, or at the word STOP."""
    stop = next(iter(scene.conversation.sampling.stop), "STOP")
    speech = Speech(scene)
    yield from speech.text("This answer ends where it was told to stop: ")
    yield from speech.end(Stop.STOP_SEQUENCE, stop_sequence=stop)


def empty(scene: Scene) -> Exchange:
    yield from Speech(scene).end()


def json(scene: Scene) -> Exchange:
    """An answer in the shape the request asks for; without any, an object."""
    output = scene.conversation.output
    asked = as_schema(output.schema) if output is not None and output.kind is Format.JSON_SCHEMA else {}
    value = example(asked) if asked else {"answer": TEXT}
    yield from _spoken(scene, msgspec.json.encode(value).decode())


def vision(scene: Scene) -> Exchange:
    lines = [
        f"{type(part).__name__.lower()}: {source_line(part.source)}"
        for turn in scene.conversation.turns
        for block in turn.blocks
        for part in (block.parts if isinstance(block, ToolResult) else (block,))
        if isinstance(part, Image | Document)
    ]
    received = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    yield from _spoken(scene, f"I received:\n{received}" if lines else "I received no image and no document.")


def usage(scene: Scene) -> Exchange:
    """Reports the counts in its name: input, cache read, cache write, output."""
    fresh, read, write, output = map(int, scene.numbers)
    speech = Speech(scene)
    yield from speech.text(TEXT)
    yield from speech.end(usage=Usage(fresh, read, write, output))


def answer_about_tools(scene: Scene) -> Exchange:
    """What came of the calls, quoted; or that there was nothing to call."""
    if not scene.results:
        yield from _spoken(scene, NO_TOOLS)
        return
    names = {call.id: call.name for call in scene.calls}
    said = [
        f"The tool {names.get(result.call_id, 'you ran')} "
        f"{'failed' if result.is_error else 'answered'}: {quoted(text_of(result)) or '(nothing)'}"
        for result in scene.results
    ]
    yield from _spoken(scene, "\n".join(said))


def quoted(text: str) -> str:
    return text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]}…"


def _spoken(scene: Scene, text: str) -> Exchange:
    speech = Speech(scene)
    yield from speech.text(text)
    yield from speech.end()


def _calling(scene: Scene, tools: tuple[Tool, ...]) -> Exchange:
    """Calls the tools, or tells what came of it once they have been called."""
    if not tools or (scene.results and not scene.must_call):
        yield from answer_about_tools(scene)
        return
    speech = Speech(scene)
    for each in tools:
        yield from speech.call(each.name, call_text(arguments_for(each, scene.request)))
    yield from speech.end(Stop.TOOL_USE)
