"""What a client asked, in nobody's dialect.

A conversation is plain, immutable data. JSON that only passes through (tool arguments, schemas, knobs) stays JSON text:
nothing is gained by parsing it and key order or number spelling could be lost. What only its home dialect understands
travels as `Opaque` and comes home unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ANTHROPIC = "anthropic"
"""Home of everything that only Anthropic's API understands."""


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    """Operator text in the middle of a conversation. Leading system text is `Conversation.system`."""


class CacheMark(StrEnum):
    """The client wants the prompt cached up to here."""

    SHORT = "5m"
    LONG = "1h"


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something only `home` can read: a signature, a redacted thought. `data` is a string or JSON text, by `kind`."""

    home: str
    kind: str
    data: str


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class InlineData:
    """Bytes carried in the request: standard base64 with padding, no white space."""

    media_type: str
    base64: str


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    url: str


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A file stored with one vendor; meaningless to every other."""

    file_id: str


Source = InlineData | RemoteUrl | VendorFile


@dataclass(frozen=True, slots=True)
class Image:
    source: Source
    detail: str | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file to read (PDF mostly). Plain-text documents become `Text` in the dialect."""

    source: Source
    title: str | None = None
    context: str | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class ToolReference:
    """A tool result that names a deferred tool, making it callable from here on."""

    tool_name: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """The model's reasoning. `opaque` is its signature at home; `source` the provider that thought it, if it was one of ours."""

    text: str
    opaque: Opaque | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`arguments` is always the text of one JSON object; dialects repair what clients send before it gets here."""

    id: str
    name: str
    arguments: str
    cache: CacheMark | None = None


ResultPart = Text | Image | Document | ToolReference


@dataclass(frozen=True, slots=True)
class ToolResult:
    call_id: str
    parts: tuple[ResultPart, ...] = ()
    is_error: bool = False
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class Foreign:
    """A block the neutral language has no word for. `summary` is text that can stand for it, or empty if nothing can."""

    home: str
    kind: str
    data: str
    summary: str = ""


Block = Text | Image | Document | Thinking | Opaque | ToolCall | ToolResult | Foreign


@dataclass(frozen=True, slots=True)
class Turn:
    role: Role
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the client can run. `schema` is the JSON text of its parameters' schema, an object at the top."""

    name: str
    description: str | None = None
    schema: str = '{"type":"object","properties":{}}'
    strict: bool | None = None
    deferred: bool = False
    """Not shown to the model until a `ToolReference` names it."""
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool that the vendor runs itself, such as web search. `data` is its definition, JSON text, as `home` writes it."""

    home: str
    kind: str
    name: str
    data: str


class Choice(StrEnum):
    AUTO = "auto"
    ANY = "any"
    NONE = "none"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolChoice:
    mode: Choice
    name: str | None = None
    """With `Choice.TOOL`: the tool that must be called."""


EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "max")
"""Words for how hard to think, from little to much."""


class ThinkingMode(StrEnum):
    DISABLED = "disabled"
    ENABLED = "enabled"
    """With a token budget."""
    ADAPTIVE = "adaptive"
    BETWEEN_TOOLS = "between_tools"


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How much the model should think. All None: the client did not say."""

    mode: ThinkingMode | None = None
    budget_tokens: int | None = None
    effort: str | None = None
    """One of `EFFORTS`, as the client spelled it if it is none of them."""
    hidden: bool = False
    """The client does not want to see the text of thoughts."""


@dataclass(frozen=True, slots=True)
class Sampling:
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()


class Format(StrEnum):
    JSON_OBJECT = "json_object"
    JSON_SCHEMA = "json_schema"


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """The shape the answer's text must have. `schema` is JSON text."""

    kind: Format
    schema: str | None = None
    name: str | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One request to a model."""

    model: str
    """As the client wrote it; routing decides what the upstream is asked for."""
    turns: tuple[Turn, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    server_tools: tuple[ServerTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tools: bool | None = None
    max_tokens: int | None = None
    sampling: Sampling = Sampling()
    reasoning: Reasoning = Reasoning()
    output: OutputFormat | None = None
    stream: bool = False
    user: str | None = None
    """Who the end user is, as an opaque id of the client's choosing."""
    session: str | None = None
    """A stable id of this conversation, where the client gives one: a key for caches and for sticky routing."""
    session_kept: bytes | None = field(default=None, repr=False)
    """Where the gateway remembers this conversation: the `session` that its last answer ended with, b"" if with none. Another
    provider may have given it, and the conversation may have changed since: whoever reads it looks whether it fits."""
    service_tier: str | None = None
    """In the neutral words auto, standard, priority or flex."""
    cache_all: CacheMark | None = None
    """Mark the last cacheable block by itself."""
    knobs: Mapping[str, str] = field(default_factory=dict)
    """Every other top-level field: name → JSON text. A provider sends those it knows and notes the rest as losses."""
