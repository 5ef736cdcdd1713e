"""What the model can be asked to do, by words in the newest prompt: `[[sim: thinking]] [[sim: tool]] [[sim: F17]]`.

| words | what comes |
| --- | --- |
| `text WORDS` | these words, or a text of many scripts |
| `echo` | the request as JSON, with `<` written as `\\u003c` so that no tag in it is taken for one of the answer's |
| `understood` | the request in the form of a Chat Completions body, as far as it can be told from the prompt |
| `long N` | N words |
| `thinking WORDS` | these thoughts, if the request lets the model think |
| `tool NAME {json}` | a call in tags; without a name the first tool, without arguments some made from its schema |
| `parallel` | two calls in tags |
| `tool-broken`, `tool-open`, `tool-fenced` | a call whose JSON is broken; that is never closed; that stands in a code fence |
| `json` | a value of the schema that the prompt asks for |
| `search` | a web search by the service, and text with citations |
| `artifact LANGUAGE` | an artifact, and a word about it |
| `big KIB` | a tool's result in one line of so many KiB (200) |
| `usage` | the usage that some versions of the service send |
| `slow S`, `silent S` | S seconds before each event; S seconds of silence after the headers |
| `cut WHERE`, `crlf` | writes cut as `frames`, `lines`, `characters`; lines that end in CRLF |
| `F1` … `F26` | a fault by number, and its variant: `F9 date` |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from isthmus.simulators.claude_web import calls
from isthmus.simulators.claude_web.effects import Streamed, paused, slowed
from isthmus.simulators.claude_web.faults import Fault, fault
from isthmus.simulators.claude_web.framing import Cut, Framing
from isthmus.simulators.claude_web.prompt import Reading
from isthmus.simulators.claude_web.refusals import invalid
from isthmus.simulators.claude_web.reply import Citation, Reply, ServerTool, Text, Thinking
from isthmus.simulators.claude_web.schema import example
from isthmus.simulators.claude_web.understood import understood

Json = dict[str, Any]

MARKER: Final = re.compile(r"\[\[sim:\s*(\S+?)\s*(?:\s(.*?))?\]\]", re.DOTALL)
TEXT: Final = "Hello from the web, simulated: Grüße, 你好, 🙂 and one last word."
THOUGHT: Final = "I weigh the question, größer und 更深, and decide."
SUMMARY: Final = "Weighed the question."
_FOUND: Final = "Rivers of the world"
_FOUND_AT: Final = "https://rivers.example.org/longest"
_FAULT: Final = re.compile(r"F\d+", re.IGNORECASE)


@dataclass(slots=True)
class Draft:
    """A reply in the making, with what may yet befall it."""

    reading: Reading
    body: Json
    files: tuple[Json, ...]
    thinks: bool
    framing: Framing
    reply: Reply = field(default_factory=Reply)
    faults: list[Fault] = field(default_factory=list)


Scenario = Callable[[Draft, str], None]


def play(draft: Draft) -> None:
    """Do what the newest prompt asks for, in its order. Raises `Refusal` for words that mean nothing here."""
    for name, argument in MARKER.findall(draft.reading.orders):
        if _FAULT.fullmatch(name):
            draft.faults.append(_fault(f"{name} {argument}"))
        elif name in SCENARIOS:
            _act(SCENARIOS[name], draft, argument.strip())
        else:
            raise invalid(f"prompt: no scenario {name!r}: choose one of {', '.join(SCENARIOS)}, F1 … F26")


def _act(scenario: Scenario, draft: Draft, argument: str) -> None:
    try:
        scenario(draft, argument)
    except ValueError as error:
        raise invalid(f"prompt: {argument!r} cannot be played: {error}") from None


def _fault(name: str) -> Fault:
    try:
        return fault(name)
    except ValueError as error:
        raise invalid(f"prompt: {error}") from None


def _text(draft: Draft, argument: str) -> None:
    draft.reply.say(argument or TEXT)


def _told(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _echo(draft: Draft, _: str) -> None:
    draft.reply.say(_told(draft.body | {"files": list(draft.files)}))


def _understood(draft: Draft, _: str) -> None:
    draft.reply.say(_told(understood(draft.reading, draft.body.get("model"), draft.files)))


def _long(draft: Draft, argument: str) -> None:
    draft.reply.say(" ".join(f"word{n}" for n in range(int(argument or 500))))


def _thinking(draft: Draft, argument: str) -> None:
    if draft.thinks:
        draft.reply.blocks.insert(0, Thinking(argument or THOUGHT, SUMMARY))


def _tool(draft: Draft, argument: str) -> None:
    name, _, given = argument.partition(" ")
    made = calls.first(draft.reading, name, json.loads(given) if given.strip() else None)
    draft.reply.say(calls.said_with(made))


def _parallel(draft: Draft, _: str) -> None:
    draft.reply.say(calls.said_with(*calls.two(draft.reading)))


def _tool_broken(draft: Draft, _: str) -> None:
    name = calls.offered(draft.reading).name
    draft.reply.say(f'{calls.LEAD}\n<tool_call>{{"name": "{name}", "arguments": {{"city": </tool_call>')


def _tool_open(draft: Draft, _: str) -> None:
    draft.reply.say(calls.said_with(calls.first(draft.reading)).removesuffix("</tool_call>"))


def _tool_fenced(draft: Draft, _: str) -> None:
    draft.reply.say(f"It would look so:\n```\n{calls.first(draft.reading)}\n```\n")


def _json(draft: Draft, _: str) -> None:
    draft.reply.say(json.dumps(example(draft.reading.shape or {}, draft.reading.ask), ensure_ascii=False))


def _search(draft: Draft, _: str) -> None:
    found = {"type": "knowledge", "title": _FOUND, "url": _FOUND_AT, "text": "The Nile, then the Amazon."}
    draft.reply.blocks.append(
        ServerTool("web_search", {"query": "longest rivers"}, [found], "Searching the web")
    )
    lead, cited = "Let me see. ", "The Nile is the longest 🌊 river"
    source = Citation(_FOUND_AT, _FOUND, len(lead), len(lead) + len(cited))
    draft.reply.blocks.append(Text(f"{lead}{cited}, then the Amazon.", (source,)))


def _artifact(draft: Draft, argument: str) -> None:
    language = argument or "python"
    kind = "text/html" if language == "html" else "application/vnd.ant.code"
    content = '<p class="a">hi</p>\n' if language == "html" else 'print("Grüße,\\n你好")\n'
    given = {"id": "example", "type": kind, "title": "An example", "command": "create"}
    given |= {"language": language, "content": content, "version_uuid": "1"}
    draft.reply.say("Here it is.\n")
    draft.reply.blocks.append(ServerTool("artifacts", given, [{"type": "text", "text": "OK"}]))
    draft.reply.say("That was all.")


def _big(draft: Draft, argument: str) -> None:
    page = "river " * (int(argument or 200) * 1024 // 6 + 1)
    result = [{"type": "text", "text": page}]
    draft.reply.blocks.append(ServerTool("web_fetch", {"url": _FOUND_AT}, result))
    draft.reply.say("That was a long page.")


def _usage(draft: Draft, _: str) -> None:
    draft.reply.usage = {"input_tokens": 12, "output_tokens": 34}


def _slow(draft: Draft, argument: str) -> None:
    draft.faults.append(_delay(slowed, argument or "0.1"))


def _silent(draft: Draft, argument: str) -> None:
    draft.faults.append(_delay(paused, argument or "1"))


def _delay(change: Callable[[float], Any], argument: str) -> Fault:
    return Fault("", "", Streamed(change(float(argument))))


def _cut(draft: Draft, argument: str) -> None:
    draft.framing = replace(draft.framing, cut=Cut(argument or Cut.CHARACTERS))


def _crlf(draft: Draft, _: str) -> None:
    draft.framing = replace(draft.framing, crlf=True)


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "text": _text,
    "echo": _echo,
    "understood": _understood,
    "long": _long,
    "thinking": _thinking,
    "tool": _tool,
    "parallel": _parallel,
    "tool-broken": _tool_broken,
    "tool-open": _tool_open,
    "tool-fenced": _tool_fenced,
    "json": _json,
    "search": _search,
    "artifact": _artifact,
    "big": _big,
    "usage": _usage,
    "slow": _slow,
    "silent": _silent,
    "cut": _cut,
    "crlf": _crlf,
}
