"""What a request may order of the simulated model: markers such as `[[sim: parallel]]` in the newest words of the user, or a model `sim-…`.

Markers work in the order given, each on one `Draft`. The names of `faults.py` are markers, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from isthmus.simulators.amazon_q import faults, frames, mishaps
from isthmus.simulators.amazon_q.actor import THOUGHT, about, shown_thought
from isthmus.simulators.amazon_q.answers import Pause, Played, Refusal
from isthmus.simulators.amazon_q.chat import Chat, scene_of
from isthmus.simulators.amazon_q.draft import Draft, Other, Redacted, Say, Think
from isthmus.simulators.amazon_q.echo import as_understood
from isthmus.simulators.amazon_q.examples import arguments
from isthmus.simulators.amazon_q.models import MODELS, Model

MARKER: Final = re.compile(r"\[\[sim:\s*(\S+?)\s*(?:\s(.*?))?\]\]", re.DOTALL)
PREFIX: Final = "sim-"
STORY: Final = "Once upon a time there was a gateway, and it carried every word of this sentence."
Behaviour = Callable[[Draft, str], None]


def ordered(chat: Chat) -> list[tuple[str, str]]:
    """Names and arguments, of the model's name first."""
    return [
        *named(chat.model.id),
        *((name, (text or "").strip()) for name, text in MARKER.findall(chat.current["content"])),
    ]


def named(model: str) -> list[tuple[str, str]]:
    """What a model's name orders: `sim-usage-15-75-10-5` is `usage 15 75 10 5`. Nothing, for a name that is none of these."""
    words = model.removeprefix(PREFIX).split("-") if model.startswith(PREFIX) else []
    for size in range(len(words), 0, -1):
        name = "-".join(words[:size])
        if name in BEHAVIOURS or name in faults.FAULTS or name in faults.STRANGE:
            return [(name, " ".join(words[size:]) if name != "once" else "-".join(words[size:]))]
    return []


def model_called(name: str) -> Model | None:
    if named(name):
        return replace(
            MODELS["claude-sonnet-4.5"],
            id=name,
            description="Does one thing on order, see the simulator's documentation",
        )
    return MODELS.get(name)


def perform(draft: Draft) -> None:
    """Raises `Refusal`."""
    for name, argument in ordered(draft.chat):
        order(draft, name, argument)


def order(draft: Draft, name: str, argument: str) -> None:
    if name in BEHAVIOURS:
        BEHAVIOURS[name](draft, argument)
    elif name in faults.STRANGE:
        draft.instead = faults.STRANGE[name]
    elif name in faults.FAULTS:
        raise faults.refusal(name, argument)
    else:
        raise Refusal(f"the simulator knows no {name!r}", rule="unknown-marker")


# what it says ---------------------------------------------------------------------------------------------------------


def text(draft: Draft, argument: str) -> None:
    """Says the words given, or a sentence."""
    draft.parts.append(Say(argument or STORY))


def long(draft: Draft, argument: str) -> None:
    """Says N words (500)."""
    draft.parts.append(Say(" ".join(f"word{n}" for n in range(1, min(int(argument or 500), 100_000) + 1))))


def repeated(draft: Draft, _: str) -> None:
    """Says equal words in a row, each an event of its own."""
    draft.parts.append(Say("ha ha ha ha" + " ha" * 8))


def echo(draft: Draft, _: str) -> None:
    """Says what it received, as JSON."""
    draft.parts.append(Say(json.dumps(draft.chat.body, ensure_ascii=False)))


def understood(draft: Draft, _: str) -> None:
    """Says what it received, as it understood it: in the form of the dummy provider's echo."""
    draft.parts.append(Say(json.dumps(as_understood(draft.chat), ensure_ascii=False)))


def thinking(draft: Draft, argument: str) -> None:
    """Thinks, signed, unless the request disables it."""
    if (draft.chat.fields.get("thinking") or {}).get("type") != "disabled":
        draft.parts.append(Think(shown_thought(draft.chat, argument or THOUGHT)))


def redacted(draft: Draft, argument: str) -> None:
    """A thought that is not shown."""
    draft.parts.append(Redacted(argument or THOUGHT))


def only_thinking(draft: Draft, _: str) -> None:
    """Thinks, and says nothing."""
    draft.parts += [Think(THOUGHT), Other(())]


def tool(form: str) -> Behaviour:
    def behaviour(draft: Draft, argument: str) -> None:
        """Calls the tool named, with the JSON given; else the first one. Once it was called, tells what came of it."""
        if _answered(draft):
            return
        name, _, given = argument.partition(" ")
        tools = {each["name"]: each for each in draft.chat.tools}
        name = name or next(iter(tools), "")
        if name not in tools:
            draft.parts.append(Say("No such tool was offered."))
            return
        request = MARKER.sub("", scene_of(draft.chat).request)
        draft.call(name, json.loads(given) if given.strip() else arguments(tools[name], request), form)

    return behaviour


def parallel(draft: Draft, argument: str) -> None:
    """Calls two tools at once: the two named, else the first two, or the only one twice."""
    if _answered(draft):
        return
    tools = {each["name"]: each for each in draft.chat.tools}
    for name in ((argument.split() or list(tools)) * 2)[:2]:
        draft.call(name, arguments(tools[name], MARKER.sub("", scene_of(draft.chat).request)))


def interleaved(draft: Draft, argument: str) -> None:
    """Two calls, the events of which come by turns."""
    draft.interleaved = True
    parallel(draft, argument)


def thinking_tools(draft: Draft, argument: str) -> None:
    """Thinks, speaks, and calls two tools."""
    if not _answered(draft):
        thinking(draft, "")
        draft.parts.append(Say("I ask two tools."))
        parallel(draft, argument)


def tool_without_input(draft: Draft, _: str) -> None:
    """Calls the first tool without arguments, and without saying that this was all."""
    if not _answered(draft) and draft.chat.tools:
        draft.call(draft.chat.tools[0]["name"], {}, "no-stop")


def _answered(draft: Draft) -> bool:
    if results := draft.chat.results:
        draft.parts.append(Say(about(results)))
    return bool(results)


# how it ends ----------------------------------------------------------------------------------------------------------


def stop(draft: Draft, argument: str) -> None:
    """Ends with this `stopReason`."""
    draft.stop_reason = argument.replace(" ", "_").upper()


def length(draft: Draft, _: str) -> None:
    """Ends at its output limit."""
    draft.parts.append(Say("This answer had to end because it reached the"))
    draft.stop_reason = "MAX_TOKENS"


def filtered(draft: Draft, _: str) -> None:
    """Ends because a filter took offence."""
    draft.parts.append(Say("I would rather not say this."))
    draft.stop_reason = "CONTENT_FILTERED"


def usage(draft: Draft, argument: str) -> None:
    """Reports these counts: uncached input, cache read, cache write, output."""
    fresh, read, write, output = (int(number) for number in argument.split())
    draft.usage = (fresh, read, write, output)


def context(draft: Draft, argument: str) -> None:
    """Reports so many per cent of its window as used."""
    draft.context_percentage = float(argument)


def metadata(kind: str) -> Behaviour:
    def behaviour(draft: Draft, _: str) -> None:
        draft.metadata = kind

    return behaviour


def empty(draft: Draft, _: str) -> None:
    """A stream without a single event."""
    draft.instead = Played(())


def other_events(draft: Draft, _: str) -> None:
    """Events that nobody needs, and one that nobody knows, around the text."""
    reference = {
        "licenseName": "MIT",
        "repository": "r",
        "url": "u",
        "recommendationContentSpan": {"start": 0, "end": 4},
    }
    link = {"url": "https://example.com/", "title": "t", "snippet": "s"}
    before = (frames.event("astonishingEvent", {"wonder": [1, 2]}), frames.event("intentsEvent", {}))
    after = (
        frames.event("codeReferenceEvent", {"references": [reference]}),
        frames.event("supplementaryWebLinksEvent", {"supplementaryWebLinks": [link]}),
        frames.event(
            "followupPromptEvent", {"followupPrompt": {"content": "Next?", "userIntent": "SHOW_EXAMPLES"}}
        ),
    )
    draft.parts += [Other(before), Say(STORY), Other(after)]


# how it comes ---------------------------------------------------------------------------------------------------------


def slow(draft: Draft, argument: str) -> None:
    """Waits so many seconds (0.3) before each event."""
    draft.pause_s = float(argument or 0.3)


def late(draft: Draft, argument: str) -> None:
    """Sends nothing for so many seconds, not even headers."""
    draft.late_s = float(argument or 1)


def silent(draft: Draft, argument: str) -> None:
    """Sends headers, and then nothing for so many seconds."""
    draft.edits.append(lambda steps: [Pause(float(argument or 1)), *steps])


def stall(draft: Draft, argument: str) -> None:
    """Pauses for so many seconds in the middle."""
    draft.edits.append(
        lambda steps: [*steps[: len(steps) // 2], Pause(float(argument or 1)), *steps[len(steps) // 2 :]]
    )


def sizes(kind: str) -> Behaviour:
    def behaviour(draft: Draft, _: str) -> None:
        draft.sizes = kind

    return behaviour


# how it fails ---------------------------------------------------------------------------------------------------------


def once(draft: Draft, argument: str) -> None:
    """The behaviour or fault named, the first time this is asked, and none after that."""
    if draft.attempt == 1:
        name, _, rest = argument.partition(" ")
        order(draft, name, rest)


def cut_tool(draft: Draft, argument: str) -> None:
    """The connection breaks inside the input of a call."""
    tool("fragments")(draft, argument)
    mishaps.cut_inside_a_call(draft)


BEHAVIOURS: Final[dict[str, Behaviour]] = {
    "text": text,
    "long": long,
    "repeated": repeated,
    "echo": echo,
    "understood": understood,
    "thinking": thinking,
    "redacted": redacted,
    "only-thinking": only_thinking,
    "tool": tool("fragments"),
    "tool-no-stop": tool("no-stop"),
    "tool-first-event": tool("first-event"),
    "tool-object": tool("object"),
    "tool-unfinished": tool("unfinished"),
    "tool-without-input": tool_without_input,
    "parallel": parallel,
    "interleaved": interleaved,
    "thinking-tools": thinking_tools,
    "stop": stop,
    "length": length,
    "filtered": filtered,
    "usage": usage,
    "context": context,
    "no-metadata": metadata("absent"),
    "empty-metadata": metadata("empty"),
    "zero-metadata": metadata("zero"),
    "empty": empty,
    "other-events": other_events,
    "slow": slow,
    "late": late,
    "silent": silent,
    "stall": stall,
    "bytewise": sizes("bytes"),
    "one-piece": sizes("one"),
    "once": once,
    "exception": mishaps.exception,
    "exception-after": mishaps.exception_after,
    "error-frame": mishaps.error_frame,
    "invalid-state": mishaps.invalid_state,
    "cut": mishaps.cut,
    "cut-at-border": mishaps.cut_at_border,
    "cut-first": mishaps.cut_first,
    "cut-tool": cut_tool,
    "ends-early": mishaps.ends_early,
    "closes": mishaps.closes,
    "crc-prelude": mishaps.crc(frames.broken_prelude),
    "crc-message": mishaps.crc(frames.broken_message),
    "strict-schemas": mishaps.strict_schemas,
}
LISTED: Final = tuple(
    f"{PREFIX}{name}"
    for name in (*BEHAVIOURS, *faults.FAULTS, *faults.STRANGE)
    if name not in {"once", "usage", "context", "stop"}
)
"""Models by their names, those apart that want figures."""
