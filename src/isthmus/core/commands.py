"""What an exchange with an upstream asks of the world.

An upstream is spoken to by a generator of commands (an `Exchange`): it yields what it wants done and is sent the reply, or
has the failure thrown into it. It does nothing itself, so a whole conversation with an upstream fits in a test of ten lines.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from isthmus.core.errors import Scope, UpstreamError
from isthmus.core.events import Event
from isthmus.core.losses import Loss
from isthmus.core.programs import Program
from isthmus.core.secret import Secret
from isthmus.core.survey import Quota, Survey
from isthmus.core.usage import Usage

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of an upstream's answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer of an upstream."""

    head: Head
    body: bytes


class Decoder(Protocol):
    """An upstream's bytes → events of the grammar. Never raises: what it cannot read ends in `Failed`."""

    def feed(self, chunk: bytes) -> list[Event]: ...

    def close(self) -> list[Event]:
        """The upstream's body ended. The stream is brought to its end, honestly, if it has none yet."""
        ...


class Dialogue(Decoder, Protocol):
    """One turn with a running program, as bytes in and bytes out.

    `feed` is given what it writes to its standard output; `close` is called when that has ended. After each of them `take` has
    what must be written to its standard input now.
    """

    @property
    def ended(self) -> bool:
        """The answer is complete, or has failed: nothing more is read for it."""
        ...

    @property
    def keep_as(self) -> str | None:
        """Once `ended`: the name under which the process is kept for the same owner, as it stands ready for the next turn of
        this conversation. None: it is of no more use."""
        ...

    def opening(self) -> bytes:
        """What to write first, when the process is there."""
        ...

    def take(self) -> bytes: ...


class Listener(Protocol):
    """Reads along while an answer goes through untouched, for usage, stop and errors."""

    usage: Usage | None
    stop: str | None
    error: UpstreamError | None
    """The failure the upstream reported inside its answer."""
    speaking: bool
    """Something was said that a client could show: from here on the answer is committed."""
    output_text_bytes: int
    """About how much was said, for an estimate when the upstream gives no usage."""

    def feed(self, frames: bytes) -> None:
        """Whole frames of a stream, or the body of a plain answer piece by piece."""
        ...

    def close(self) -> UpstreamError | None:
        """The body ended; the error a client must still be told if it ended too early."""
        ...


class Unheard:
    """A listener for what is passed through without being understood."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.stop: str | None = None
        self.error: UpstreamError | None = None
        self.speaking = False
        self.output_text_bytes = 0

    def feed(self, frames: bytes) -> None:
        self.speaking = True

    def close(self) -> UpstreamError | None:
        return None


Classify = Callable[[Head, bytes], UpstreamError]
"""Status, headers and (capped) body of a refusal → what it means. Called for every status of 400 and above."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose whole answer is wanted. Any status comes back; only a transport failure is thrown."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Stream:
    """The request whose answer is the model's. A refusal is classified and thrown into the exchange, which may try again."""

    method: str
    url: str
    headers: Headers
    body: bytes
    decode: Callable[[Head], Decoder]
    classify: Classify
    losses: tuple[Loss, ...] = ()
    whole: bool = False
    """The client waits for one plain answer, so the upstream may be silent until it is complete."""


@dataclass(frozen=True, slots=True)
class Forward:
    """As `Stream`, but the answer goes to the client as it is; `listen` only reads along."""

    method: str
    url: str
    headers: Headers
    body: bytes
    listen: Callable[[Head], Listener]
    classify: Classify
    decode: Callable[[Head], Decoder] | None = None
    """For a plain answer to a request for a stream, which must be made one after all."""
    losses: tuple[Loss, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """As `Stream`, with a program of this machine. When it is over the process ends, unless its dialogue says under which name
    it is kept. A process that was spoken with for one API key is never used for another."""

    program: Program
    dialogue: Callable[[bool], Dialogue]
    """Told whether the process is the kept one named by `continues`, or a new one that has heard nothing."""
    continues: str | None = None
    """The name of a kept process that has heard all of this conversation but its last turn, if there is one."""
    losses: tuple[Loss, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Fetch:
    """A file the client pointed at, by URL, fetched under the gateway's guard (addresses, size, time)."""

    url: str
    field: str
    """Where in the request the URL stood, for the error."""


@dataclass(frozen=True, slots=True)
class Fetched:
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Authorize:
    """Asks for the account's access, as it is at this moment: renewed first if it is about to end."""

    refused: Secret | None = None
    """The token that the upstream has just refused: another one is wanted."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account may show to its upstream."""

    kind: str
    """The kind of account, such as `api_key`."""
    token: Secret
    details: Mapping[str, Any] = field(default_factory=dict)
    """What is stored of the account beside its credential, as JSON values: region, profile, addresses. No secrets."""
    survey: Survey | None = None
    """What the upstream last said about the account, where it was asked."""


@dataclass(frozen=True, slots=True)
class Say:
    """Events of the answer that need no upstream."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing happens for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Later:
    """Something to do when this attempt is over, however it ends: also when the client leaves before its answer is complete.

    So it is best said as soon as there is something to tidy up. It begins only then, goes on in the background for a bounded
    time, and its failure (an `UpstreamError` it raises) is logged, never shown.
    """

    errand: Errand


@dataclass(frozen=True, slots=True)
class Keep:
    """What the upstream told of the account beside its answer. It is kept behind the answer, which it can neither delay nor fail.

    Of an account that a caller brings nothing is kept, and of one that the configuration file declares no credential beyond this
    process: the file is its operator's to write.
    """

    credential: Mapping[str, Secret] = field(default_factory=dict)
    """Members that replace those of its credential from now on, such as a new `session_key`. `used` must be told with them."""
    used: Secret | None = None
    """The token that the request was made with. If the account has another one by now, that one stays."""
    quotas: tuple[Quota, ...] = ()
    """Allowances as they stand now; they replace those of the same name in its survey."""


Errand = Generator[Call | Pause | Keep, Reply | None, None]
"""Something to do beside answers. It is sent the `Reply` to a `Call`, or has its `UpstreamError` thrown in."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The account is at its limit, although it gave this answer: it rests as if its next request had met `failure`.

    Does not touch the answer. Of several the last one counts, and a failure of the attempt itself more than any.
    """

    failure: UpstreamError


@dataclass(frozen=True, slots=True)
class Spare:
    """The account is near its limit: while another can take a request, that one does. Of several the last one counts."""

    wait_s: float
    """For so long from now. 0: no longer, since there is enough left."""
    scope: Scope = Scope.ACCOUNT
    """`MODEL`: this holds for requests of the same model only."""


Command = Call | Stream | Forward | Talk | Fetch | Authorize | Say | Pause | Later | Keep | Rest | Spare
Answered = Reply | Fetched | Grant | None
Exchange = Generator[Command, Answered, None]


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """A request to be forwarded as it is: the body byte for byte, and the headers the upstream may see."""

    path: str
    """Below the upstream's root, such as `/v1/messages`."""
    body: bytes
    model: str
    """What the body asks for; the body is edited only where the upstream's name differs."""
    stream: bool
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names, credentials and hop-by-hop headers already gone."""
    method: str = "POST"
    query: str = ""
    """For endpoints that are passed through; answers and embeddings are asked for without one."""

    def is_below(self, endpoints: Iterable[str]) -> bool:
        """Whether the path is one of these below `/v1`, such as `files`, or something under one of them."""
        rest = self.path.removeprefix("/v1/")
        return any(rest == each or rest.startswith(f"{each}/") for each in endpoints)
