"""The default model: a friendly answer, and an agent that can finish a small task with the tools it is offered."""

from __future__ import annotations

import re
from typing import Final

from isthmus.core.commands import Exchange
from isthmus.core.conversation import Tool
from isthmus.core.events import Stop
from isthmus.providers.dummy import answers
from isthmus.providers.dummy.arguments import arguments_for, call_text
from isthmus.providers.dummy.scene import Scene, text_of
from isthmus.providers.dummy.speech import Speech
from isthmus.providers.dummy.tasks import Step, find_step, reading_step

HINT: Final = (
    "I am the dummy model: no key, no network, and no mind. Offer me tools and ask me to create a file or to look "
    "something up, or ask for another model, such as dummy-thinking or dummy-echo, to see what a client makes of it."
)
_NOT_READ: Final = re.compile(r"not (?:yet )?been read|read it first", re.IGNORECASE)
_NAME_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_VERBS: Final = frozenset(
    "get set list find fetch search look lookup make create run do call use the of for by tool api".split()
)
MOST_ATTEMPTS: Final = 3


def respond(scene: Scene) -> Exchange:
    if scene.must_call:
        yield from answers.tool(scene)
    elif (step := find_step(scene)) is not None:
        yield from _perform(scene, step)
    elif scene.results:
        yield from answers.answer_about_tools(scene)
    elif (tool := _mentioned(scene)) is not None:
        yield from _call(
            scene, f"I ask {tool.name}.", tool.name, call_text(arguments_for(tool, scene.request))
        )
    elif scene.conversation.output is not None:
        yield from answers.json(scene)
    else:
        yield from _chat(scene)


def _perform(scene: Scene, step: Step) -> Exchange:
    """Calls the tool, tries once more where the client wants a file to be read first, and then tells how it went."""
    last = scene.results[-1] if scene.results else None
    if last is None:
        yield from _call(scene, step.announcement, step.tool, step.arguments)
        return
    attempts = [call for call in scene.calls if call.name == step.tool]
    if last.is_error and _NOT_READ.search(text_of(last)) and len(attempts) < MOST_ATTEMPTS:
        path = next(iter(re.findall(r'"(?:file_)?path":"([^"]+)"', step.arguments)), "")
        if (reading := reading_step(scene, path)) is not None:
            yield from _call(scene, reading.announcement, reading.tool, reading.arguments)
            return
    repeats = scene.calls[-1].name != step.tool and len(attempts) < MOST_ATTEMPTS and not last.is_error
    if repeats:
        yield from _call(scene, "Now once more.", step.tool, step.arguments)
        return
    result = answers.quoted(text_of(last))
    told = f"That did not work: {result}" if last.is_error else f"{step.done}.\n\n{result}"
    speech = Speech(scene)
    yield from speech.text(told.strip())
    yield from speech.end()


def _call(scene: Scene, announcement: str, tool: str, arguments: str) -> Exchange:
    speech = Speech(scene)
    yield from speech.text(announcement)
    yield from speech.call(tool, arguments)
    yield from speech.end(Stop.TOOL_USE)


def _chat(scene: Scene) -> Exchange:
    speech = Speech(scene)
    greeting = f"You said: {answers.quoted(scene.request)}\n\n" if scene.request else "Hello. "
    yield from speech.text(greeting + HINT)
    yield from speech.end()


def _mentioned(scene: Scene) -> Tool | None:
    """The first tool that the request names, whole or by the words its name is made of.

    A name that is one capitalised word, as coding agents have them ("Read", "Write"), must be called a tool: "write me a
    poem" is no request for a file.
    """
    request = scene.request
    words = {word.lower().rstrip("s") for word in _NAME_WORDS.findall(request)}
    for tool in scene.tools:
        if re.search(rf"\b{re.escape(tool.name)}\s+tool\b|`{re.escape(tool.name)}`", request):
            return tool
        parts = [part.lower().rstrip("s") for part in _NAME_WORDS.findall(tool.name)]
        telling = [part for part in parts if part not in _VERBS]
        if tool.name[:1].islower() and telling and words.issuperset(telling):
            return tool
    return None
