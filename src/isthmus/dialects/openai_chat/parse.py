"""A Chat Completions request body → the core language.

The top level is split into raw fields once; each field that means something here is then read by its own typed decoder,
and every other travels on as a knob, so that a provider which knows it can send it and any other can say that it did not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from isthmus.core.conversation import (
    CacheMark,
    Conversation,
    Format,
    OutputFormat,
    Reasoning,
    Sampling,
    ThinkingMode,
)
from isthmus.core.interfaces import Envelope, Parsed
from isthmus.core.losses import Action, merge
from isthmus.dialects.body import as_bad_request, conversation_of
from isthmus.dialects.openai_chat import schema
from isthmus.dialects.openai_chat.encode import Style
from isthmus.dialects.openai_chat.fields import (
    Reading,
    invalid,
    join,
    mark_of,
    missing,
    read,
    string_or_none,
    top_level,
    unfit,
)
from isthmus.dialects.openai_chat.messages import Messages, read_messages
from isthmus.dialects.openai_chat.tools import read_tools
from isthmus.wire.json_text import given, text_of

_READ_HERE: Final = frozenset(
    (
        "model",
        "messages",
        "stream",
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "n",
        "modalities",
        "tools",
        "tool_choice",
        "functions",
        "function_call",
        "parallel_tool_calls",
        "web_search_options",
        "reasoning_effort",
        "response_format",
        "service_tier",
        "safety_identifier",
        "user",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
    )
)
_TIERS: Final = {"auto": "auto", "default": "standard", "flex": "flex", "priority": "priority"}
_MODES: Final = {
    "disabled": ThinkingMode.DISABLED,
    "adaptive": ThinkingMode.ADAPTIVE,
    "auto": ThinkingMode.ADAPTIVE,
    "between_tools": ThinkingMode.BETWEEN_TOOLS,
}


def envelope(body: bytes) -> Envelope:
    with as_bad_request():
        try:
            fields = schema.ENVELOPE.decode(body)
        except msgspec.ValidationError as error:
            raise unfit(error, "") from None
        if not fields.model:
            raise missing("model")
        return Envelope(
            fields.model,
            bool(fields.stream),
            string_or_none(fields.prompt_cache_key),
            conversation_of(fields.conversation_id),
        )


def parse(body: bytes, headers: Mapping[str, str], *, show_reasoning: bool = True) -> Parsed:
    """All that Chat Completions says stands in the body; `headers` are there for the protocol's sake."""
    with as_bad_request():
        return _Request(Fields(top_level(body, schema.TOP_LEVEL))).parsed(show_reasoning)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a request body, each read when it is asked for. Shared with the legacy endpoint."""

    raw: dict[str, msgspec.Raw]

    def __getitem__(self, name: str) -> msgspec.Raw:
        return self.raw.get(name, _NULL)

    def model(self) -> str:
        if not (model := self.string("model")):
            raise missing("model")
        return model

    def string(self, name: str) -> str | None:
        return read(self[name], schema.OPTIONAL_STRING, name)

    def integer(self, name: str) -> int | None:
        return read(self[name], schema.OPTIONAL_INTEGER, name)

    def number(self, name: str) -> float | None:
        return read(self[name], schema.OPTIONAL_NUMBER, name)

    def boolean(self, name: str) -> bool | None:
        return read(self[name], schema.OPTIONAL_BOOLEAN, name)

    def positive(self, name: str) -> int | None:
        if (value := self.integer(name)) is not None and value < 1:
            raise invalid(name, f"must be at least 1, not {value}")
        return value

    def sampling(self) -> Sampling:
        stop = read(self["stop"], schema.STOP, "stop")
        return Sampling(
            self.number("temperature"),
            self.number("top_p"),
            self.integer("top_k"),
            (stop,) if isinstance(stop, str) else tuple(stop or ()),
        )

    def include_usage(self) -> bool:
        options = read(self["stream_options"], schema.STREAM_OPTIONS, "stream_options")
        return options is not None and bool(options.include_usage)

    def user(self) -> str | None:
        """Who asks, as a hash that fits any vendor and tells it nothing."""
        user = self.string("safety_identifier") or self.string("user")
        return hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest() if user else None

    def one_answer(self, name: str = "n") -> None:
        if (count := self.integer(name)) is not None and count != 1:
            raise invalid(name, f"must be 1, not {count}: this gateway gives one answer to a request")

    def knobs(self, read_here: frozenset[str]) -> dict[str, str]:
        others = ((name, raw) for name, raw in self.raw.items() if name not in read_here)
        return {name: text_of(raw) for name, raw in others if given(raw)}


class _Request:
    """One request body being read."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._reading = Reading()
        self._switches: set[str] = set()
        """Vendors' ways to turn thinking on and off, where they were well formed; the others are knobs."""

    def parsed(self, show_reasoning: bool) -> Parsed:
        fields = self._fields
        model = fields.model()
        fields.one_answer()
        self._refuse_audio()
        cache_all = self._cache_all()
        messages = self._messages()
        tools = read_tools(fields.raw, self._reading)
        conversation = Conversation(
            model=model,
            turns=messages.turns,
            system=messages.system,
            tools=tools.own,
            server_tools=tools.vendors,
            tool_choice=tools.choice,
            parallel_tools=False if tools.legacy else fields.boolean("parallel_tool_calls"),
            max_tokens=fields.positive("max_completion_tokens") or fields.positive("max_tokens"),
            sampling=fields.sampling(),
            reasoning=self._reasoning(),
            output=self._output(),
            stream=bool(fields.boolean("stream")),
            user=fields.user(),
            session=fields.string("prompt_cache_key") or None,
            service_tier=self._service_tier(),
            cache_all=cache_all,
            knobs=fields.knobs(_READ_HERE | self._switches),
        )
        style = Style(fields.include_usage(), show_reasoning, tools.custom, tools.legacy)
        return Parsed(conversation, style, merge(self._reading.losses))

    def _messages(self) -> Messages:
        if not given(raw := self._fields["messages"]):
            raise missing("messages")
        return read_messages(raw, self._reading)

    def _refuse_audio(self) -> None:
        modalities = read(self._fields["modalities"], schema.OPTIONAL_STRINGS, "modalities") or ()
        for modality in modalities:
            if modality != "text":
                raise invalid("modalities", f"asks for {modality!r} output: only 'text' can be given")

    def _cache_all(self) -> CacheMark | None:
        """OpenAI marks the last block by itself unless told not to; without any of these fields nothing is asked for."""
        options = read(self._fields["prompt_cache_options"], schema.CACHE_BREAKPOINT, "prompt_cache_options")
        if options is not None:
            self._reading.cache_ttl = options.ttl
            return None if options.mode == "explicit" else mark_of(options.ttl)
        retention = self._fields.string("prompt_cache_retention")
        return None if retention is None else mark_of(retention)

    def _reasoning(self) -> Reasoning:
        effort = self._fields.string("reasoning_effort")
        mode, budget = self._switch()
        if effort == "none":
            return Reasoning(mode or ThinkingMode.DISABLED, budget)
        return Reasoning(mode, budget, effort)

    def _switch(self) -> tuple[ThinkingMode | None, int | None]:
        return self._thinking() or self._enable_thinking() or (None, None)

    def _thinking(self) -> tuple[ThinkingMode, int | None] | None:
        try:
            thinking = schema.THINKING.decode(self._fields["thinking"])
        except msgspec.ValidationError:
            return None
        budget = thinking.budget_tokens
        if thinking.type == "enabled":
            mode = ThinkingMode.ADAPTIVE if budget is None else ThinkingMode.ENABLED
        elif thinking.type in _MODES:
            mode = _MODES[thinking.type]
        else:
            return None
        self._switches.add("thinking")
        return mode, budget if mode is ThinkingMode.ENABLED else None

    def _enable_thinking(self) -> tuple[ThinkingMode, int | None] | None:
        enabled, budget = bytes(self._fields["enable_thinking"]), bytes(self._fields["thinking_budget"])
        if enabled not in (b"true", b"false"):
            return None
        self._switches.add("enable_thinking")
        if enabled == b"false":
            return ThinkingMode.DISABLED, None
        if not budget.isdigit():
            return ThinkingMode.ADAPTIVE, None
        self._switches.add("thinking_budget")
        return ThinkingMode.ENABLED, int(budget)

    def _output(self) -> OutputFormat | None:
        path = "response_format"
        wanted = read(self._fields[path], schema.RESPONSE_FORMAT, path)
        if wanted is None or wanted.type == "text":
            return None
        if wanted.type == "json_object":
            return OutputFormat(Format.JSON_OBJECT)
        if wanted.type != "json_schema":
            raise invalid(join(path, "type"), "must be 'text', 'json_object' or 'json_schema'")
        if (given_schema := wanted.json_schema) is None or not given(given_schema.schema):
            raise missing("response_format.json_schema.schema")
        if given_schema.description:
            self._reading.lost("response_format.json_schema.description", Action.DROPPED)
        read(given_schema.schema, schema.TOP_LEVEL, "response_format.json_schema.schema")
        return OutputFormat(
            Format.JSON_SCHEMA, text_of(given_schema.schema), given_schema.name, given_schema.strict
        )

    def _service_tier(self) -> str | None:
        tier = self._fields.string("service_tier")
        if tier is None:
            return None
        if tier not in _TIERS:
            self._reading.lost("service_tier", Action.CONVERTED, "to auto")
        return _TIERS.get(tier, "auto")


_NULL: Final = msgspec.Raw(b"null")
