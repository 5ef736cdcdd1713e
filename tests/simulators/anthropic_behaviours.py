"""What the simulated Claude does, chosen by markers in the last user turn: `[[sim: thinking]] [[sim: tool NAME {json}]]`.

Markers work in the order given, each on one `Draft`; without any, Claude says TEXT, or quotes the last tool result.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from .answers import Answer, Cut, Json, NeverAnswered, Pause, Played, Whole, dumps, pieces, whole_json
from .anthropic_blocks import MessagesRequest, Placed, turns
from .anthropic_rules import prompt_tokens
from .anthropic_signatures import redacted_data, signature
from .anthropic_stream import Reply, event
from .examples import example

TEXT = "Hello from Claude, simulated: Grüße, 你好, 🙂 and one last word."
THINKING = "I weigh the question, größer und 更深, and decide."
REFUSAL = "This request is declined by the simulated policy."
MARKER = re.compile(r"\[\[sim:\s*(\S+?)\s*(?:\s(.*?))?\]\]", re.DOTALL)

ERROR_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
STATUS_ERROR = {status: kind for kind, status in ERROR_STATUS.items()}

Steps = list[bytes | Pause | Cut]


@dataclass(slots=True)
class Draft:
    """An answer in the making: `played` changes the bytes of a stream, `instead` replaces the whole answer."""

    request: MessagesRequest
    reply: Reply
    attempt: int
    played: Callable[[Steps], Steps] = lambda steps: steps
    plain: Callable[[bytes], Answer] = Whole
    instead: Answer | None = None
    calls: int = 0

    @property
    def streams(self) -> bool:
        return bool(self.request.body.get("stream"))


def error_body(kind: str, message: str, request_id: str) -> Json:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def last_turn(request: MessagesRequest) -> list[Placed]:
    said = [turn for turn in turns(request) if turn.role == "user"]
    return said[-1].blocks


def last_text(request: MessagesRequest) -> str:
    return "\n".join(placed.block["text"] for placed in last_turn(request) if placed.type == "text")


def answer_messages(draft: Draft) -> Answer:
    for name, argument in MARKER.findall(last_text(draft.request)):
        apply(draft, name, argument.strip())
    if draft.instead is not None:
        return draft.instead
    reply = draft.reply
    if draft.request.body["max_tokens"] == 0:
        reply.blocks.clear()
    elif (
        not any(block["type"] in ("text", "tool_use") for block in reply.blocks)
        and reply.stop_reason == "end_turn"
    ):
        reply.blocks.append({"type": "text", "text": default_text(draft.request)})
        within_limits(reply, draft.request.body)
    if draft.streams:
        return Played(draft.played(list(reply.events())))
    return draft.plain(dumps(reply.whole()))


def default_text(request: MessagesRequest) -> str:
    results = [
        placed.block.get("content", "") for placed in last_turn(request) if placed.type == "tool_result"
    ]
    if results:
        last = results[-1]
        parts = [last] if isinstance(last, str) else [part.get("text", "") for part in last]
        return f"The tool said: {' '.join(parts)}"
    match (request.body.get("output_config") or {}).get("format") or request.body.get("output_format"):
        case {"schema": dict(schema)}:
            return dumps(example(schema)).decode()
        case _:
            return TEXT


def within_limits(reply: Reply, body: Json) -> None:
    text: str = reply.blocks[-1]["text"]
    for sequence in body.get("stop_sequences") or ():
        if sequence in text:
            text = text.split(sequence, 1)[0]
            reply.stop_reason, reply.stop_sequence = "stop_sequence", sequence
    words = pieces(text)
    if len(words) > body["max_tokens"]:
        text, reply.stop_reason = "".join(words[: body["max_tokens"]]), "max_tokens"
    reply.blocks[-1]["text"] = text


# markers --------------------------------------------------------------------------------------------------------------


def apply(draft: Draft, name: str, argument: str) -> None:
    if name.isdigit():
        fail(draft, name, argument)
    elif name in MARKERS:
        MARKERS[name](draft, argument)
    else:
        draft.reply.blocks.append({"type": "text", "text": f"unknown marker {name}"})


def text(draft: Draft, argument: str) -> None:
    draft.reply.blocks.append({"type": "text", "text": argument or TEXT})


def thinking(draft: Draft, argument: str) -> None:
    """A thinking block, if the request lets this model think: with the text left out for `display: omitted`."""
    if not (draft.request.thinks or draft.request.card.always_thinks):
        return
    shown = argument or THINKING
    if (draft.request.body.get("thinking") or {}).get("display") == "omitted":
        shown = ""
    sealed = signature(draft.request.card.id, shown)
    draft.reply.blocks.append({"type": "thinking", "thinking": shown, "signature": sealed})


def redacted(draft: Draft, argument: str) -> None:
    data = redacted_data(draft.request.card.id, argument or THINKING)
    draft.reply.blocks.append({"type": "redacted_thinking", "data": data})


def tool(draft: Draft, argument: str) -> None:
    """`tool NAME {json}`; without a name the first tool offered, without input one made from its schema."""
    name, _, given = argument.partition(" ")
    name = name or next(iter(offered(draft)), "get_weather")
    call(draft, name, msgspec.json.decode(given) if given.strip() else from_schema(draft, name))


def parallel(draft: Draft, argument: str) -> None:
    """Two calls: of the named tools, else of the first two offered, else of one tool twice."""
    chosen = (argument.split() or offered(draft) or ["get_weather"]) * 2
    for name in chosen[:2]:
        call(draft, name, from_schema(draft, name))


def call(draft: Draft, name: str, given: object) -> None:
    draft.calls += 1
    identity = f"toolu_sim{draft.reply.id.removeprefix('msg_sim')}{draft.calls:02d}"
    draft.reply.blocks.append({"type": "tool_use", "id": identity, "name": name, "input": given})
    draft.reply.stop_reason = "tool_use"


def offered(draft: Draft) -> list[str]:
    return [each["name"] for each in draft.request.body.get("tools") or () if "input_schema" in each]


def from_schema(draft: Draft, name: str) -> Json:
    rows = draft.request.body.get("tools") or ()
    schema = next((each.get("input_schema") for each in rows if each["name"] == name), None)
    made = example(schema) if schema else {}
    return made if isinstance(made, dict) else {}


def echo(draft: Draft, _: str) -> None:
    draft.reply.blocks.append({"type": "text", "text": dumps(draft.request.body).decode()})


def long(draft: Draft, argument: str) -> None:
    words = " ".join(f"word{n}" for n in range(int(argument or 500)))
    draft.reply.blocks.append({"type": "text", "text": words})


def cache(draft: Draft, argument: str) -> None:
    reply = draft.reply
    reply.input_tokens, reply.cache_read, reply.cache_write = (int(number) for number in argument.split())


def empty(draft: Draft, _: str) -> None:
    """A legal answer without any block."""
    draft.reply.blocks.clear()
    draft.instead = Played(list(draft.reply.events())) if draft.streams else whole_json(draft.reply.whole())


def stops(reason: str) -> Callable[[Draft, str], None]:
    def marker(draft: Draft, _: str) -> None:
        draft.reply.blocks.append({"type": "text", "text": TEXT})
        draft.reply.stop_reason = reason

    return marker


def refusal(draft: Draft, _: str) -> None:
    draft.reply.stop_reason = "refusal"
    draft.reply.stop_details = {"type": "refusal", "category": None, "explanation": REFUSAL}


def fail(draft: Draft, status: str, argument: str) -> None:
    """`[[sim: 429 30]]`: this status, with a retry-after if a number of seconds follows."""
    kind = STATUS_ERROR.get(int(status), "api_error")
    headers = {"retry-after": argument} if argument else {}
    if kind == "rate_limit_error":
        headers["anthropic-ratelimit-requests-remaining"] = "0"
    draft.instead = refused(draft, kind, f"Simulated {kind}.", int(status), headers)


def refused(
    draft: Draft, kind: str, message: str, status: int, headers: dict[str, str] | None = None
) -> Whole:
    request_id = draft.reply.id.replace("msg_", "req_")
    return whole_json(
        error_body(kind, message, request_id), status, {"request-id": request_id, **(headers or {})}
    )


def once(draft: Draft, argument: str) -> None:
    """`[[sim: once 529]]`: fails the first time this text is sent."""
    if draft.attempt == 1:
        status, _, seconds = argument.partition(" ")
        fail(draft, status, seconds)


def overflow(draft: Draft, _: str) -> None:
    window = draft.request.card.max_input_tokens
    draft.instead = refused(
        draft, "invalid_request_error", f"prompt is too long: {window + 5000} tokens > {window} maximum", 400
    )


def error_after(share: float) -> Callable[[Draft, str], None]:
    """In a stream: an error event after this share of the events. Unstreamed: the error with its status."""

    def marker(draft: Draft, argument: str) -> None:
        kind = argument or "overloaded_error"
        if not draft.streams:
            draft.instead = refused(draft, kind, f"Simulated {kind}.", ERROR_STATUS.get(kind, 500))
            return
        failed = event(error_body(kind, f"Simulated {kind}.", draft.reply.id.replace("msg_", "req_")))
        draft.played = lambda steps: [*steps[: int(len(steps) * share)], failed]

    return marker


def cut_after(share: float) -> Callable[[Draft, str], None]:
    def marker(draft: Draft, _: str) -> None:
        draft.played = lambda steps: [*steps[: int(len(steps) * share)], Cut()]
        draft.plain = lambda body: Played(
            [body[: int(len(body) * share)], Cut()], content_type="application/json"
        )

    return marker


def silent_at(share: float) -> Callable[[Draft, str], None]:
    """Silence of the given seconds after this share of the events (0: after the headers)."""

    def marker(draft: Draft, argument: str) -> None:
        seconds = float(argument)

        def played(steps: Steps) -> Steps:
            at = int(len(steps) * share)
            return [*steps[:at], Pause(seconds), *steps[at:]]

        draft.played, draft.plain = played, lambda body: Whole(body, after_s=seconds)

    return marker


def slow(draft: Draft, argument: str) -> None:
    seconds = float(argument or 0.1)
    draft.played = lambda steps: [each for step in steps for each in (Pause(seconds), step)]


def bytewise(draft: Draft, _: str) -> None:
    def played(steps: Steps) -> Steps:
        whole = b"".join(step for step in steps if isinstance(step, bytes))
        return [each for byte in whole for each in (bytes([byte]), Pause(0))]

    draft.played = played


def crlf(draft: Draft, _: str) -> None:
    draft.played = lambda steps: [
        step.replace(b"\n", b"\r\n") if isinstance(step, bytes) else step for step in steps
    ]


def hang(draft: Draft, _: str) -> None:
    draft.instead = NeverAnswered()


def html(draft: Draft, _: str) -> None:
    draft.instead = Whole(b"<html><body><h1>Bad gateway</h1></body></html>", 502, "text/html")


MARKERS: dict[str, Callable[[Draft, str], None]] = {
    "text": text,
    "thinking": thinking,
    "redacted": redacted,
    "tool": tool,
    "parallel": parallel,
    "echo": echo,
    "long": long,
    "cache": cache,
    "empty": empty,
    "refusal": refusal,
    "max_tokens": stops("max_tokens"),
    "pause": stops("pause_turn"),
    "window": stops("model_context_window_exceeded"),
    "unknown-stop": stops("astonished"),
    "once": once,
    "overflow": overflow,
    "error": error_after(0.5),
    "error-first": error_after(0),
    "cut": cut_after(0.6),
    "cut-first": cut_after(0),
    "silent": silent_at(0),
    "stall": silent_at(0.5),
    "slow": slow,
    "bytewise": bytewise,
    "crlf": crlf,
    "hang": hang,
    "html": html,
}


def drafted(request: MessagesRequest, number: int, attempt: int) -> Draft:
    reply = Reply(f"msg_sim{number:08d}", request.card.id, input_tokens=prompt_tokens(request))
    return Draft(request, reply, attempt)
