"""The simulated model: it speaks, thinks where it is asked to, and can finish a small task with the tools it is offered."""

from __future__ import annotations

import json
import re
from typing import Final

from isthmus.simulators.amazon_q.chat import Chat, result_text, scene_of
from isthmus.simulators.amazon_q.draft import Draft, Say, Think
from isthmus.simulators.amazon_q.examples import example, find_schema
from isthmus.simulators.amazon_q.tasks import rounds_of

TEXT: Final = "Hello from the simulated service: no no no mind, but Grüße, 你好, 🙂 and one last word."
THOUGHT: Final = "I weigh the question, größer und 更深, and decide."
MOST_QUOTED: Final = 600
_EXACTLY: Final = re.compile(
    r"\b(?:write|say|repeat) exactly this(?: and nothing else)?:\s*(?P<text>.+)", re.IGNORECASE | re.DOTALL
)
_WORD: Final = re.compile(r"\bsingle word (?P<text>\w+)", re.IGNORECASE)
_COUNT: Final = re.compile(r"\bcount from (?P<first>\d{1,5}) to (?P<last>\d{1,5})", re.IGNORECASE)
_JSON: Final = re.compile(r"\b(?:answer|reply|respond)\b[^.\n]{0,60}\bJSON\b", re.IGNORECASE)
_DECODER: Final = json.JSONDecoder()


def act(draft: Draft) -> None:
    """Adds what the model does of its own accord. A draft that says something already is left as it is."""
    if draft.instead is not None or any(not isinstance(part, Think) for part in draft.parts):
        return
    chat, scene = draft.chat, scene_of(draft.chat)
    if thinks(chat) and not draft.parts:
        draft.parts.append(Think(shown_thought(chat, THOUGHT)))
    rounds = rounds_of(chat, scene.request)
    if len(scene.rounds) < len(rounds) and not _failed(scene.results):
        calls = rounds[len(scene.rounds)]
        draft.parts.append(Say(f"I ask {' and '.join(dict.fromkeys(name for name, _ in calls))}."))
        for name, given in calls:
            draft.call(name, given)
    elif scene.results:
        draft.parts.append(Say(about(scene.results)))
    else:
        draft.parts.append(Say(_within(draft, answer_to(chat, scene.request))))


def thinks(chat: Chat) -> bool:
    """Whether the request lets the model think."""
    if chat.model.reasoning:
        return bool((chat.fields.get("reasoning") or {}).get("effort", "none") != "none")
    return bool((chat.fields.get("thinking") or {}).get("type") == "adaptive")


def shown_thought(chat: Chat, thought: str) -> str:
    return "" if (chat.fields.get("thinking") or {}).get("display") == "omitted" else thought


def _failed(results: list[dict[str, object]]) -> bool:
    return any(each.get("status") == "error" for each in results)


def about(results: list[dict[str, object]]) -> str:
    """What came of the calls, quoted."""
    told = (
        f"The tool {'failed' if _failed([each]) else 'answered'}: {_quoted(result_text(each))}"
        for each in results
    )
    return "\n".join(told)


def _quoted(text: str) -> str:
    return (text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]}…") or "(nothing)"


def answer_to(chat: Chat, request: str) -> str:
    if (schema := wanted_schema(chat)) is not None:
        return json.dumps(example(schema), ensure_ascii=False)
    if found := _EXACTLY.search(request) or _WORD.search(request):
        return str(found["text"]).strip()
    if found := _COUNT.search(request):
        return " ".join(map(str, range(int(found["first"]), int(found["last"]) + 1)))
    if images := chat.current.get("images"):
        return "I see " + " and ".join(f"an image ({each['format']})" for each in images) + "."
    return TEXT


def wanted_schema(chat: Chat) -> dict[str, object] | None:
    """Of an answer in JSON, where the request or what stands above it describes one."""
    first = chat.history[0]["userInputMessage"]["content"] if chat.history else ""
    for text in (chat.current["content"], first):
        if _JSON.search(text) and (schema := find_schema(text, _DECODER)) is not None:
            return schema
    return None


def _within(draft: Draft, text: str) -> str:
    """No longer than the request allows: a word is a token here."""
    limit = draft.chat.fields.get("max_tokens")
    words = text.split(" ")
    if isinstance(limit, int) and len(words) > limit:
        draft.stop_reason = "MAX_TOKENS"
        return " ".join(words[:limit])
    return text
