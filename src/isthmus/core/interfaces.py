"""What a dialect and a provider promise to the rest. Neither knows the other; both speak only the core language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from isthmus.core.abilities import Abilities
from isthmus.core.commands import ClientRequest, Exchange
from isthmus.core.conversation import Conversation
from isthmus.core.errors import GatewayError
from isthmus.core.events import Event
from isthmus.core.fold import Answer
from isthmus.core.losses import Loss, Policy
from isthmus.core.mcp import Patterns

MESSAGES = "anthropic"
CHAT = "openai_chat"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The few fields of a request that both lanes need before, or without, parsing it whole."""

    model: str
    stream: bool
    session: str | None = None
    conversation: str | None = None
    """The id of a remembered conversation (`core.remembered`) that the request goes on with."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A request in the neutral language, with what its dialect needs to remember for the answer."""

    conversation: Conversation
    style: Any
    """The dialect's own notes for encoding (such as include_usage); nobody else looks inside."""
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Signing:
    """How an answer presents itself to the client, whatever the upstream called itself."""

    model: str
    """The name the client asked for."""
    provider: str
    answer_id: str
    """24 characters of [0-9a-f]; the dialect adds its prefix."""
    created_s: int
    input_estimate: int
    """Estimated input tokens, shown at the start of a stream when the upstream has not said yet."""
    conversation: str | None = None
    """The id of the remembered conversation that the answer belongs to."""

    @property
    def request_id(self) -> str:
        """The gateway's id of the request, as headers and errors show it."""
        return f"req_{self.answer_id}"


class StreamEncoder(Protocol):
    """Events → the dialect's SSE bytes. Cannot produce an illegal order, whatever it is fed."""

    def encode(self, events: Iterable[Event]) -> bytes: ...

    def keep_alive(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """An HTTP answer ready to send."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Dialect(Protocol):
    """What clients speak on one kind of endpoint."""

    name: str

    def envelope(self, body: bytes) -> Envelope:
        """Raises `BadRequest` when the body is not JSON of the right outer form."""
        ...

    def parse(self, body: bytes, headers: Mapping[str, str]) -> Parsed:
        """Raises `BadRequest` naming the field."""
        ...

    def stream_encoder(self, style: Any, signing: Signing) -> StreamEncoder: ...

    def encode_answer(self, answer: Answer, style: Any, signing: Signing) -> bytes:
        """The plain (not streamed) body. `answer.usage` is filled in by the caller if the upstream gave none."""
        ...

    def render_error(self, error: GatewayError, request_id: str) -> Rendered: ...

    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        """The same inside a stream that has begun; nothing follows it."""
        ...

    def keep_alive(self) -> bytes:
        """A frame every client ignores, for raw streams."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """What the upstream is asked to run, and how strict to be about it."""

    model: str
    abilities: Abilities
    policy: Policy = Policy.REPAIR
    mcp: Patterns | None = None
    """Servers and tools (`core.mcp`) that may be used for whoever asks; None: what the upstream is configured to allow."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """A conversation fitted to a target, with what was lost and what must be undone in the answer."""

    conversation: Conversation
    losses: tuple[Loss, ...] = ()
    original_tool_names: Mapping[str, str] = field(default_factory=dict)
    """Name sent upstream → the client's own name, for those that had to be changed."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One row of a model list."""

    id: str
    display_name: str = ""
    created_s: int = 0
    owner: str = ""
    context_window: int | None = None
    max_output_tokens: int | None = None


class Provider(Protocol):
    """One configured source of answers."""

    name: str
    native: frozenset[str]
    """Names of the dialects it speaks itself: for those, requests go through untouched."""

    def abilities(self, model: str) -> Abilities: ...

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        """The translated lane: exactly one `Stream`, or `Say`s that together are one whole answer."""
        ...

    def forward(self, request: ClientRequest, target: Target) -> Exchange:
        """The raw lane, for a dialect in `native`: exactly one `Forward` that succeeds."""
        ...

    def pass_through(self, request: ClientRequest) -> Exchange | None:
        """An endpoint of the vendor's own that the gateway does not translate, such as `/v1/moderations`: an exchange of
        one `Forward`, or None when the provider does not offer it."""
        ...

    def list_models(self) -> Exchange | None:
        """An exchange of one `Call` (after an `Authorize` perhaps) for `read_models`, or None when the provider has no list to ask for."""
        ...

    def read_models(self, body: bytes) -> list[ModelInfo]:
        """Raises `UpstreamError` when it is no model list."""
        ...

    def count_tokens(self, request: ClientRequest, target: Target) -> Exchange | None:
        """An exchange of one `Forward` answered in the dialect's own form, or None: estimate locally."""
        ...
