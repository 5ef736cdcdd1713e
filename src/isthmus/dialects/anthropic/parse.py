"""A Messages request body → the core language.

The top level is split into raw fields once; each field that means something here is then read by its own typed decoder,
and every other travels on as a knob, for Anthropic's API grows a field a month and none of them may break a client.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from isthmus.core.conversation import (
    Block,
    Conversation,
    Foreign,
    Format,
    OutputFormat,
    Reasoning,
    Role,
    Sampling,
    Text,
    ThinkingMode,
    Turn,
)
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import Envelope, Parsed
from isthmus.core.losses import Action, merge
from isthmus.dialects.anthropic import schema
from isthmus.dialects.anthropic.blocks import COMPACTION, ContentReader
from isthmus.dialects.anthropic.encode import Style
from isthmus.dialects.anthropic.fields import (
    Reading,
    cache_mark,
    invalid,
    is_empty,
    join,
    read,
    require,
    unfit,
)
from isthmus.dialects.anthropic.tools import read_tool_choice, read_tools
from isthmus.dialects.body import as_bad_request, conversation_of
from isthmus.wire.json_text import given, text_of

SESSION_HEADER: Final = "x-claude-code-session-id"
BILLING_PREFIX: Final = "x-anthropic-billing-header:"
_SAMPLING: Final = ("temperature", "top_p", "top_k")
_READ_HERE: Final = frozenset(
    (
        "model",
        "messages",
        "max_tokens",
        "system",
        "tools",
        "tool_choice",
        "stream",
        "stop_sequences",
        *_SAMPLING,
        "metadata",
        "thinking",
        "output_config",
        "output_format",
        "cache_control",
        "service_tier",
    )
)
_ROLES: Final = {each.value: each for each in Role}
_TIERS: Final = {"auto": "auto", "standard_only": "standard"}
_OLD_IDENTITY: Final = re.compile(r"(?P<user>.*?)_session_(?P<session>[0-9a-fA-F-]{36})")
"""How Claude Code wrote `metadata.user_id` before it became JSON: user_HEX_account_UUID_session_UUID."""


@dataclass(frozen=True, slots=True)
class _Identity:
    user: str | None = None
    session: str | None = None


def envelope(body: bytes) -> Envelope:
    with as_bad_request():
        try:
            fields = schema.ENVELOPE.decode(body)
        except msgspec.ValidationError as error:
            raise unfit(error, "") from None
        return Envelope(
            _model(fields.model),
            bool(fields.stream),
            _identity(fields.metadata).session,
            conversation_of(fields.conversation_id),
        )


def parse(body: bytes, headers: Mapping[str, str], *, to_count: bool = False) -> Parsed:
    """Header names are lower case. A request `to_count` tokens needs no `max_tokens`."""
    with as_bad_request():
        return _Request(body, headers, to_count).parsed()


class _Request:
    """One request body being read."""

    def __init__(self, body: bytes, headers: Mapping[str, str], to_count: bool) -> None:
        try:
            fields = schema.TOP_LEVEL.decode(body)
        except msgspec.ValidationError:
            raise BadRequest("Input should be a valid dictionary") from None
        self._fields = fields
        self._headers = headers
        self._to_count = to_count
        self._reading = Reading(headers.get("anthropic-version", ""))

    def parsed(self) -> Parsed:
        # The order is that in which a person would want to hear of mistakes.
        model = _model(read(self._required("model"), schema.STRING, "model"))
        max_tokens = self._max_tokens()
        turns = list(self._turns())
        system = (*self._system(), *_leading_system(turns))
        tools, server_tools = read_tools(self._field("tools"), self._reading)
        choice, parallel = read_tool_choice(self._field("tool_choice"))
        identity = _identity(self._fields.get("metadata", schema.ABSENT))
        conversation = Conversation(
            model=model,
            turns=tuple(turns),
            system=system,
            tools=tools,
            server_tools=server_tools,
            tool_choice=choice,
            parallel_tools=parallel,
            max_tokens=max_tokens,
            sampling=self._sampling(),
            reasoning=self._reasoning(),
            output=self._output(),
            stream=bool(read(self._field("stream"), schema.BOOLEAN, "stream")),
            user=identity.user,
            session=self._headers.get(SESSION_HEADER) or identity.session,
            service_tier=self._service_tier(),
            cache_all=cache_mark(read(self._field("cache_control"), schema.CACHE_CONTROL, "cache_control")),
            knobs=self._knobs(),
        )
        return Parsed(conversation, Style(conversation.reasoning.hidden), merge(self._reading.losses))

    def _field(self, name: str) -> msgspec.Raw:
        return self._fields.get(name, _NULL)

    def _required(self, name: str) -> msgspec.Raw:
        return require(self._fields.get(name), name)

    def _max_tokens(self) -> int | None:
        """0 is legal: it asks only to warm the cache."""
        if self._to_count:
            limit: int | None = read(self._field("max_tokens"), schema.OPTIONAL_INTEGER, "max_tokens")
            return limit
        tokens: int = read(self._required("max_tokens"), schema.INTEGER, "max_tokens")
        if tokens < 0:
            raise invalid("max_tokens", "Input should be greater than or equal to 0")
        return tokens

    def _turns(self) -> Iterator[Turn]:
        messages = read(self._required("messages"), schema.MESSAGES, "messages")
        if not messages:
            raise invalid("messages", "at least one message is required")
        for index, message in enumerate(messages):
            path = f"messages.{index}"
            if (role := _ROLES.get(message.role)) is None:
                raise invalid(join(path, "role"), "Input should be 'user', 'assistant' or 'system'")
            blocks = ContentReader(message.content, role, join(path, "content"), self._reading).blocks()
            self._note_turn_config(message)
            if blocks or role is not Role.SYSTEM:
                yield from _split_compaction(role, blocks)

    def _note_turn_config(self, message: schema.Message) -> None:
        """Effort by the turn has no word in the core; nothing is lost where it only repeats the request's own."""
        config = message.output_config
        if config is not None and config.effort != self._output_config().effort:
            self._reading.lost("messages.output_config", Action.DROPPED)

    def _system(self) -> Iterator[Text]:
        system = read(self._field("system"), schema.SYSTEM, "system")
        if system is None:
            return
        blocks = [schema.Block("text", system)] if isinstance(system, str) else system
        for index, block in enumerate(blocks):
            if block.type != "text":
                raise invalid(f"system.{index}.type", "Input should be 'text'")
            text = require(block.text, f"system.{index}.text")
            if not is_empty(block.citations):
                self._reading.lost("system.citations", Action.DROPPED)
            if kept := _without_billing_line(text):
                yield Text(kept, cache_mark(block.cache_control))

    def _sampling(self) -> Sampling:
        if self._reading.of_october_2026:
            for name in _SAMPLING:
                if name in self._fields:
                    raise invalid(name, "Extra inputs are not permitted")
        return Sampling(
            read(self._field("temperature"), schema.NUMBER, "temperature"),
            read(self._field("top_p"), schema.NUMBER, "top_p"),
            read(self._field("top_k"), schema.OPTIONAL_INTEGER, "top_k"),
            tuple(read(self._field("stop_sequences"), schema.STRINGS, "stop_sequences") or ()),
        )

    def _reasoning(self) -> Reasoning:
        thinking = read(self._field("thinking"), schema.THINKING, "thinking")
        effort = self._output_config().effort
        if thinking is None:
            return Reasoning(effort=effort)
        if (mode := _MODES.get(thinking.type)) is None:
            allowed = ", ".join(f"'{each}'" for each in _MODES)
            raise invalid("thinking.type", f"Input should be one of {allowed}")
        budget = thinking.budget_tokens
        if mode is ThinkingMode.ENABLED:
            require(budget, "thinking.enabled.budget_tokens")
        return Reasoning(mode, budget, effort, thinking.display == "omitted")

    def _output_config(self) -> schema.OutputConfig:
        config = read(self._field("output_config"), schema.OUTPUT_CONFIG, "output_config")
        return config or _NO_OUTPUT_CONFIG

    def _output(self) -> OutputFormat | None:
        """`output_format` is what the field was called before it moved into `output_config`."""
        path, wanted = "output_config.format", self._output_config().format
        if wanted is None:
            path = "output_format"
            wanted = read(self._field(path), schema.OUTPUT_FORMAT, path)
        if wanted is None:
            return None
        if wanted.type != "json_schema":
            raise invalid(join(path, "type"), "Input should be 'json_schema'")
        if not given(wanted.schema):
            raise invalid(join(path, "schema"), "Field required")
        return OutputFormat(Format.JSON_SCHEMA, text_of(wanted.schema))

    def _service_tier(self) -> str | None:
        tier = read(self._field("service_tier"), schema.OPTIONAL_STRING, "service_tier")
        if tier is not None and tier not in _TIERS:
            self._reading.lost("service_tier", Action.DROPPED)
        return _TIERS.get(tier or "")

    def _knobs(self) -> dict[str, str]:
        others = ((name, raw) for name, raw in self._fields.items() if name not in _READ_HERE)
        return {name: text_of(raw) for name, raw in others if given(raw)}


_NULL: Final = msgspec.Raw(b"null")
_NO_OUTPUT_CONFIG: Final = schema.OutputConfig()
_MODES: Final = {each.value: each for each in ThinkingMode}


def _model(name: str) -> str:
    if not name:
        raise invalid("model", "String should have at least 1 character")
    return name


def _without_billing_line(text: str) -> str:
    """Claude Code begins its system text with a line that changes with every request: it is bookkeeping between that
    client and Anthropic, no content, and would defeat every other vendor's prefix cache."""
    return text.partition("\n")[2] if text.startswith(BILLING_PREFIX) else text


def _leading_system(turns: list[Turn]) -> Iterator[Text]:
    """Operator text before anybody spoke is the system prompt; takes such turns out of the list."""
    while turns and turns[0].role is Role.SYSTEM and all(isinstance(each, Text) for each in turns[0].blocks):
        yield from (block for block in turns.pop(0).blocks if isinstance(block, Text))


def _split_compaction(role: Role, blocks: Iterable[Block]) -> Iterator[Turn]:
    """A compaction block sums up what was said before it: to other models it is something they are told."""
    kept: list[Block] = []
    split = False
    for block in blocks:
        if isinstance(block, Foreign) and block.kind == COMPACTION:
            split = True
            if kept:
                yield Turn(role, tuple(kept))
            if block.summary:
                yield Turn(Role.USER, (Text(block.summary),))
            kept = []
        else:
            kept.append(block)
    if kept or not split:
        yield Turn(role, tuple(kept))


def _identity(metadata: msgspec.Raw) -> _Identity:
    """Who is speaking and in which conversation, from `metadata.user_id`; the user as a hash that fits any vendor."""
    if not given(metadata):
        return _Identity()
    fields = read(metadata, schema.METADATA, "metadata")
    if fields is None or not (user_id := fields.user_id):
        return _Identity()
    if user_id.startswith("{"):
        try:
            known = schema.IDENTITY.decode(user_id)
        except msgspec.DecodeError:
            return _Identity(_hashed(user_id))
        user = "/".join(filter(None, (known.device_id, known.account_uuid)))
        return _Identity(_hashed(user or user_id), known.session_id or None)
    if found := _OLD_IDENTITY.fullmatch(user_id):
        return _Identity(_hashed(found["user"]), found["session"])
    return _Identity(_hashed(user_id))


def _hashed(user: str) -> str:
    return hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
