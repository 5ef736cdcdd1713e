"""What the models of the simulated vendor can do: things to say, and things that happen instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from .answers import (
    Answer,
    Cut,
    Json,
    NeverAnswered,
    Played,
    Refusal,
    Whole,
    dumps,
    pieces,
    whole_json,
)
from .examples import example
from .openai_chunks import Envelope, StreamShape, ToolCall, Turn, plain_answer, stream_answer, usage_of
from .openai_deviations import error_frame
from .openai_profiles import Profile
from .openai_rules import prompt_tokens, texts_of

TEXT = "Hello from the simulator: Grüße, 你好, 🙂 and one last word."
REASONING = "First I think about it, größer und 更深, then I answer."
REFUSAL = "I cannot help with that."
OVERFLOW_TOKENS, OVERFLOW_WINDOW = 140_000, 131_072
COMPACT_WINDOW = 8_000


@dataclass(frozen=True, slots=True)
class Ask:
    """One accepted request, as a model sees it."""

    body: Json
    profile: Profile
    model: str
    attempt: int
    number: int  # of this answer, counted by the server

    @property
    def messages(self) -> list[Json]:
        messages: list[Json] = self.body["messages"]
        return messages

    @property
    def streams(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def tool_names(self) -> list[str]:
        return [tool["function"]["name"] for tool in self.body.get("tools") or ()]

    @property
    def envelope(self) -> Envelope:
        asked = (self.body.get("stream_options") or {}).get("include_usage") is True
        return Envelope(
            f"chatcmpl-sim{self.number:08d}", 1_780_000_000, self.body["model"], usage_of(self.profile), asked
        )


Say = Callable[[Ask], Turn]
Interrupt = Callable[[Ask], Answer | None]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the vendor. `before` may answer in its stead; `plain` may spoil the body of an unstreamed answer."""

    say: Say
    shape: StreamShape = field(default_factory=StreamShape)
    before: Interrupt = lambda _: None
    plain: Callable[[bytes], Answer] = Whole
    window: int | None = None
    output_limit: int | None = None
    vision: bool = True


def answer_chat(model: Model, ask: Ask) -> Answer:
    interrupted = model.before(ask)
    if interrupted is not None:
        return interrupted
    turn = model.say(ask)
    if ask.streams:
        return Played(stream_answer(turn, ask.envelope, model.shape))
    return model.plain(dumps(plain_answer(turn, ask.envelope, model.shape)))


# what they say ---------------------------------------------------------------------------------------


def says(text: str, *, reasoning: str = "", finish: str | None = None, refusal: str = "") -> Say:
    """This text, within the request's own limits: response format, stop sequences, output allowance."""

    def say(ask: Ask) -> Turn:
        answer = Turn(text, reasoning, finish=finish, refusal=refusal)
        return answer if refusal else within_limits(answer, ask.body)

    return say


def within_limits(turn: Turn, body: Json) -> Turn:
    structured = structured_text(body.get("response_format"))
    if structured is not None:
        return replace(turn, text=structured)
    stop = body.get("stop") or ()
    for sequence in [stop] if isinstance(stop, str) else stop:
        if sequence in turn.text:
            turn = replace(turn, text=turn.text.split(sequence, 1)[0])
    words = pieces(turn.text)
    allowance = body.get("max_completion_tokens") or body.get("max_tokens") or len(words)
    if allowance < len(words):
        return replace(turn, text="".join(words[:allowance]), finish="length")
    return turn


def structured_text(response_format: Json | None) -> str | None:
    match response_format:
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return dumps(example(schema)).decode()
        case {"type": "json_object"}:
            return '{"sim": true}'
        case _:
            return None


def echo(ask: Ask) -> Turn:
    return Turn(dumps(ask.body).decode())


def words(count: int) -> Say:
    return says(" ".join(f"word{n}" for n in range(count)))


def calls(count: int, *, text: str = "", reasoning: str = "") -> Say:
    """So many calls of tools in the request, once; when their results are there, a text that quotes the last one."""

    def say(ask: Ask) -> Turn:
        last = ask.messages[-1]
        if last["role"] in ("tool", "function"):
            return Turn(f"The tool said: {' '.join(texts_of(last))}")
        if ask.body.get("tool_choice") == "none" or ask.body.get("response_format"):
            return within_limits(Turn(TEXT), ask.body)
        return Turn(text, reasoning, new_calls(ask, count))

    return say


def new_calls(ask: Ask, count: int) -> tuple[ToolCall, ...]:
    chosen = chosen_tools(ask, count)
    before = sum(len(message.get("tool_calls") or ()) for message in ask.messages)
    return tuple(
        ToolCall(
            ask.profile.new_tool_id.format(n=before + n + 1, name=name),
            name,
            dumps(arguments_for(ask, name, n)).decode(),
        )
        for n, name in enumerate(chosen)
    )


def chosen_tools(ask: Ask, count: int) -> list[str]:
    """The forced tool, else harmless well-known ones, else the first ones offered, else one nobody offered."""
    match ask.body.get("tool_choice"):
        case {"function": {"name": str(name)}}:
            return [name] * count
        case _:
            pass
    offered = ask.tool_names or ["get_weather"]
    readable = ("Read",) if marker(ask, "read") else ()
    known = [name for name in ("Bash", *readable, "get_weather") if name in offered] or offered
    return (known * count)[:count]


def arguments_for(ask: Ask, name: str, n: int) -> object:
    known: dict[str, object] = {
        "Bash": {"command": f"echo 'sim call {n + 1}: Grüße'", "description": "Print a marker"},
        "Read": {"file_path": marker(ask, "read")},
        "get_weather": {"city": ["Paris", "東京"][n % 2], "days": n + 1},
    }
    if name in known:
        return known[name]
    tool = next((tool for tool in ask.body.get("tools") or () if tool["function"]["name"] == name), None)
    return example(tool["function"].get("parameters") or {}) if tool else {}


def marker(ask: Ask, name: str) -> str | None:
    """The value of the latest `[[name=VALUE]]` in what the user wrote."""
    said = [text for message in ask.messages if message["role"] == "user" for text in texts_of(message)]
    found = re.findall(rf"\[\[{name}=(.*?)\]\]", "\n".join(said), re.DOTALL)
    return found[-1] if found else None


# the agent -------------------------------------------------------------------------------------------


def agent(ask: Ask) -> Turn:
    """A coding task in three turns, told by `[[file=PATH content=TEXT]]` in the prompt: look around with two parallel
    calls, write the file, report. Which turn it is shows in the calls made since the prompt."""
    task = marker(ask, "file")
    can_write = next((name for name in ("Write", "write_file") if name in ask.tool_names), None)
    if task is None or can_write is None:
        return within_limits(Turn(TEXT), ask.body)
    made = [call["function"]["name"] for message in ask.messages for call in message.get("tool_calls") or ()]
    if not made:
        return Turn("I look around first.", REASONING, new_calls(ask, 2))
    path, _, content = task.partition(" content=")
    if can_write in made:
        return Turn(f"Done: {path} is written.")
    wanted = {"file_path": path, "content": content}
    call = new_calls(replace(ask, body=ask.body | {"tool_choice": {"function": {"name": can_write}}}), 1)[0]
    return Turn("Now I write it.", calls=(replace(call, arguments=dumps(wanted).decode()),))


# what happens instead --------------------------------------------------------------------------------


def fails(
    status: int,
    message: str,
    *,
    kind: str = "",
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Interrupt:
    def before(ask: Ask) -> Answer:
        refusal = Refusal(message, status=status, kind=kind, code=code)
        return whole_json(ask.profile.error_body(refusal), status, headers)

    return before


def first_time(interrupt: Interrupt) -> Interrupt:
    return lambda ask: interrupt(ask) if ask.attempt == 1 else None


def html(status: int) -> Interrupt:
    page = b"<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"
    return lambda _: Whole(page, status, "text/html; charset=utf-8")


def json_for_stream(ask: Ask) -> Answer:
    return whole_json(plain_answer(says(TEXT)(ask), ask.envelope, StreamShape()))


def error_in_200(ask: Ask) -> Answer | None:
    """Unstreamed: an error object with status 200. Streamed: the model's own framing says it."""
    return None if ask.streams else whole_json({"error": SERVER_ERROR})


def no_answer(_: Ask) -> Answer:
    return NeverAnswered()


def headers_after(seconds: float) -> Interrupt:
    def before(ask: Ask) -> Answer | None:
        plain = whole_json(plain_answer(says(TEXT)(ask), ask.envelope, StreamShape()), after_s=seconds)
        if not ask.streams:
            return plain
        frames = b"".join(
            step
            for step in stream_answer(says(TEXT)(ask), ask.envelope, StreamShape())
            if isinstance(step, bytes)
        )
        return Whole(frames, content_type="text/event-stream", after_s=seconds)

    return before


def cut_body(body: bytes) -> Answer:
    return Played([body[: len(body) // 2], Cut()], content_type="application/json")


def cut_at_once(_: bytes) -> Answer:
    return Played([Cut()], content_type="application/json")


def broken_json(body: bytes) -> Answer:
    return Whole(body[: len(body) // 2])


def later(seconds: float) -> Callable[[bytes], Answer]:
    return lambda body: Whole(body, after_s=seconds)


SERVER_ERROR: Json = {
    "message": "The server had an error.",
    "type": "server_error",
    "param": None,
    "code": None,
}
OVERLOADED: Json = {"message": "Service is too busy.", "type": "overloaded_error", "param": None, "code": 503}

# One message for each wording by which a vendor says that the prompt does not fit. Numbers are given where the vendor
# gives them. `sim-overflow-1` is the first.
OVERFLOW_MESSAGES: tuple[str, ...] = (
    f"prompt is too long: {OVERFLOW_TOKENS} tokens > {OVERFLOW_WINDOW} maximum",
    "Input is too long for requested model.",
    "Input is too long.",
    f"This model's maximum context length is {OVERFLOW_WINDOW} tokens. However, you requested {OVERFLOW_TOKENS} tokens.",
    "context_length_exceeded",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "litellm.ContextWindowExceededError: the request does not fit",
    f"The decoder prompt (length {OVERFLOW_TOKENS}) is longer than the maximum model length of {OVERFLOW_WINDOW}.",
    f"The input ({OVERFLOW_TOKENS} tokens) is longer than the model's context length ({OVERFLOW_WINDOW} tokens).",
    f"request ({OVERFLOW_TOKENS} tokens) exceeds the available context size ({OVERFLOW_WINDOW} tokens), try increasing it",
    f"The input token count ({OVERFLOW_TOKENS}) exceeds the maximum number of tokens allowed ({OVERFLOW_WINDOW}).",
    f"Invalid request: Your request exceeded model token limit: {OVERFLOW_WINDOW} (requested: {OVERFLOW_TOKENS})",
    "input token length too long",
    f"Input tokens exceed the configured limit of {OVERFLOW_WINDOW} tokens: your messages have {OVERFLOW_TOKENS}.",
    f"The request passes the maximum context limit of {OVERFLOW_WINDOW} tokens.",
    f"This model's maximum prompt length is {OVERFLOW_WINDOW} but the request contains {OVERFLOW_TOKENS} tokens.",
    "Prompt exceeds max length",
    f"the number of tokens in request more than max tokens allowed: {OVERFLOW_WINDOW}",
    f"<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, {OVERFLOW_WINDOW}]",
    "invalid params, context window exceeds limit",
    f"the prompt has {OVERFLOW_TOKENS} tokens, but model only supports up to {OVERFLOW_WINDOW}",
    "Please reduce the length of the messages or completion.",
    f"`inputs` tokens + `max_new_tokens` must be <= {OVERFLOW_WINDOW}. Given: {OVERFLOW_TOKENS} `inputs` tokens",
    "The context exceeds your deployment's limit.",
)


def overflow_error(k: int) -> Json:
    message = OVERFLOW_MESSAGES[k - 1]
    return {"message": message, "type": "invalid_request_error", "param": "messages", "code": None}


def overflows(k: int) -> Interrupt:
    return fails(400, OVERFLOW_MESSAGES[k - 1])


def overflows_in_stream(k: int) -> Model:
    """The error is the first frame of a 200 stream; unstreamed it is a plain 400."""
    shape = StreamShape(framing=error_frame(0, overflow_error(k)), done=False)
    return Model(says(TEXT), shape, before=lambda ask: None if ask.streams else overflows(k)(ask))


def compacts(window: int) -> Model:
    """Refuses conversations over its small window (system text and tools not counted), answers shorter ones.

    A request for a summary may be longer: vendors keep no such reserve, but without it a conversation of one long
    message could never be made to fit, and what is under test is that the client gets so far as to ask.
    """

    def before(ask: Ask) -> Answer | None:
        said = [message for message in ask.messages if message["role"] not in ("system", "developer")]
        tokens = prompt_tokens({"messages": said})
        if tokens <= window or "summary" in " ".join(texts_of(said[-1])):
            return None
        text = (
            f"This model's maximum context length is {window} tokens. However, your messages resulted in "
            f"{tokens} tokens. Please reduce the length of the messages."
        )
        return fails(400, text, code="context_length_exceeded")(ask)

    return Model(says("<summary>The user and the simulator talked at length.</summary>"), before=before)


def shares_window(window: int) -> Model:
    """Prompt and output allowance together must fit, as vLLM counts."""

    def before(ask: Ask) -> Answer | None:
        prompt, allowance = (
            prompt_tokens(ask.body),
            ask.body.get("max_tokens") or ask.body.get("max_completion_tokens") or 0,
        )
        if prompt + allowance <= window:
            return None
        text = (
            f"This model's maximum context length is {window} tokens. However, you requested {prompt + allowance} tokens "
            f"({prompt} in the messages, {allowance} in the completion). "
            "Please reduce the length of the messages or completion."
        )
        return fails(400, text)(ask)

    return Model(says(TEXT), before=before)
