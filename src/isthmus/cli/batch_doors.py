"""Two ways to a gateway: its own pieces in this process, or one that runs elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import msgspec

from isthmus.batch.lines import MESSAGES, Line
from isthmus.batch.results import Outcome
from isthmus.cli.compose import open_hands
from isthmus.cli.failure import CommandFailed
from isthmus.cli.found import look_around, with_found
from isthmus.cli.greeting import NO_KEY
from isthmus.cli.health import demand_entry, demand_gateway
from isthmus.cli.running import Running, run_gateway
from isthmus.cli.settings import secrets_of
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.core.commands import Call
from isthmus.core.errors import BadRequest, UpstreamError
from isthmus.core.secret import Secret
from isthmus.core.usage import Usage
from isthmus.observability.logs import set_level, set_up
from isthmus.routing.prices import PriceTable, cost_nano_usd
from isthmus.server.gateway import Gateway
from isthmus.server.records import Record
from isthmus.transport.http import Http, Limits

VERSION: Final = "2023-06-01"
"""The API version under which Anthropic's requests have every parameter they ever had."""
QUIET: Final = "error"
HERE: Final = "127.0.0.1"
_MAX_ANSWER_BYTES: Final = 256 << 20
_LIMITS: Final = Limits(first_byte_s=3600.0, whole_s=3600.0)
"""The gateway has time-outs of its own, by provider; these are for one that has died."""


@dataclass(frozen=True, slots=True)
class Answered:
    outcome: Outcome
    headers: Mapping[str, str] = field(default_factory=dict)
    """With lower-case names."""
    usage: Usage | None = None
    nano_usd: int | None = None


class Door(Protocol):
    async def ask(self, line: Line) -> Answered:
        """Never raises for what the gateway or its upstreams do."""
        ...


@asynccontextmanager
async def open_own(settings: Settings, provider: str | None, key: Secret | None) -> AsyncIterator[Door]:
    """A gateway in this process, as `serve` would run it, without a listener and without its administration."""
    configured = settings.model_copy(
        update={
            "admin": settings.admin.model_copy(update={"enabled": False}),
            "logging": settings.logging.model_copy(update={"level": QUIET}),
        }
    )
    async with AsyncExitStack() as stack:
        hands = await stack.enter_async_context(open_hands(configured.images))
        guessed = not configured.providers
        if guessed:
            configured = with_found(configured, await look_around(hands.http, configured.server.port))
        redaction = set_up(QUIET, configured.logging.format, secrets_of(configured))
        stores = await stack.enter_async_context(open_stores(configured))
        running = await stack.enter_async_context(
            run_gateway(
                configured,
                hands,
                stores,
                redaction,
                default_is_guessed=guessed and settings.default_provider is None,
            )
        )
        set_level(QUIET)
        shown = key or (configured.api_keys[0] if configured.api_keys else Secret(NO_KEY))
        _demand_entry(running, provider, shown)
        yield OwnGateway(running.live.gateway, provider, shown)


def _demand_entry(running: Running, provider: str | None, key: Secret) -> None:
    gateway = running.live.gateway
    headers = {"authorization": f"Bearer {key.reveal()}"}
    try:
        gateway.admission.callers.find(headers, HERE, time.time())
        if provider is not None:
            gateway.endpoints.offer.directory.check_provider(provider)
    except BadRequest as refusal:
        raise CommandFailed(f"{refusal.message}. --key-env NAME says which variable holds a key") from None


class OwnGateway:
    """Asks the gateway as its server would: the same limits, accounts, and rows in the request log."""

    def __init__(self, gateway: Gateway, provider: str | None, key: Secret) -> None:
        self._gateway = gateway
        self._prefix = "" if provider is None else f"/{provider}"
        self._key = key
        self._records: dict[str, Record] = {}
        self._note, gateway.note = gateway.note, self._noted

    def _noted(self, record: Record) -> None:
        if self._note is not None:
            self._note(record)
        self._records[record.request_id] = record

    async def ask(self, line: Line) -> Answered:
        messages: list[MutableMapping[str, Any]] = [
            {"type": "http.request", "body": line.body, "more_body": False}
        ]
        status, headers, pieces = 0, dict[str, str](), list[bytes]()

        async def receive() -> MutableMapping[str, Any]:
            if messages:
                return messages.pop()
            await asyncio.Event().wait()  # Nobody leaves before the answer is there.
            raise AssertionError

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers.update((name.decode(), value.decode("latin-1")) for name, value in message["headers"])
            else:
                pieces.append(message.get("body", b""))

        await self._gateway(self._scope(line), receive, send)
        id = headers.get("request-id", "")
        record = self._records.pop(id, None)
        outcome = Outcome(status, b"".join(pieces), id, said="the gateway gave no answer")
        if record is None:
            return Answered(outcome, headers)
        for each in record.caused:
            self._records.pop(each.request_id, None)
        return Answered(outcome, headers, record.usage, _cost(record))

    def _scope(self, line: Line) -> dict[str, Any]:
        path = f"{self._prefix}{line.url}"
        headers = {**_headers(line, self._key), "host": "localhost", "content-length": str(len(line.body))}
        return {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
            "client": (HERE, 0),
        }


def _cost(record: Record) -> int | None:
    """With what it led to. None where nobody knows the price of what was used."""
    all = (record, *record.caused)
    if any(each.usage is not None and each.cost_nano_usd is None for each in all):
        return None
    return sum(each.cost_nano_usd or 0 for each in all)


@asynccontextmanager
async def open_remote(
    base: str, provider: str | None, key: Secret | None, config: Path | None
) -> AsyncIterator[Door]:
    """A gateway that runs. Raises `CommandFailed` when none does, or it lets nobody in with this key."""
    await asyncio.to_thread(demand_gateway, base, config)
    shown = key or Secret(NO_KEY)
    if provider is not None:
        base = f"{base}/{quote(provider, safe='')}"
    await asyncio.to_thread(demand_entry, base, shown)
    async with Http() as http:
        yield RemoteGateway(http, base, provider, shown)


class RemoteGateway:
    """Usage is what the answer says, and the cost what the shipped price table makes of it."""

    def __init__(self, http: Http, base: str, provider: str | None, key: Secret) -> None:
        self._channel = http.channel(_LIMITS)
        self._base = base
        self._provider = provider or ""
        self._key = key
        self._prices = PriceTable.shipped()

    async def ask(self, line: Line) -> Answered:
        call = Call("POST", f"{self._base}{line.url}", tuple(_headers(line, self._key).items()), line.body)
        try:
            async with asyncio.timeout(_LIMITS.whole_s):
                incoming = await self._channel.open(call)
                try:
                    body = await incoming.read_all(_MAX_ANSWER_BYTES)
                finally:
                    incoming.close()
        except TimeoutError:
            return Answered(Outcome(0, said=f"no answer within {_LIMITS.whole_s:g} s"))
        except UpstreamError as error:
            return Answered(Outcome(0, said=f"the gateway did not answer: {error.detail or error.message}"))
        head = incoming.head
        outcome = Outcome(head.status, body, head.headers.get("request-id", ""))
        usage = usage_in(body) if outcome.succeeded else None
        return Answered(outcome, head.headers, usage, self._cost(line.model, usage))

    def _cost(self, model: str, usage: Usage | None) -> int | None:
        price = self._prices.of(self._provider, model)
        return None if price is None or usage is None else cost_nano_usd(price, usage)


def _headers(line: Line, key: Secret) -> dict[str, str]:
    headers = {"content-type": "application/json", "authorization": f"Bearer {key.reveal()}"}
    if line.url == MESSAGES:
        headers["anthropic-version"] = VERSION
    return headers


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    """Of both dialects."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Answer(msgspec.Struct):
    usage: _Usage | None = None


def usage_in(body: bytes) -> Usage | None:
    """What an answer of either dialect says it used."""
    try:
        said = msgspec.json.decode(body, type=_Answer).usage
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if said is None:
        return None
    if said.prompt_tokens is not None:
        details = said.prompt_tokens_details
        cached = 0 if details is None else details.cached_tokens or 0
        return Usage.from_inclusive(said.prompt_tokens, said.completion_tokens or 0, cache_read=cached)
    return Usage(
        said.input_tokens or 0,
        said.cache_read_input_tokens or 0,
        said.cache_creation_input_tokens or 0,
        said.output_tokens or 0,
    )
