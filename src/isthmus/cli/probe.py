"""One provider, asked whether it is there: for its model list, and for a few words where that is wanted or all there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, assert_never

from isthmus.cli.claude_files import Unfit
from isthmus.cli.crews import OLD, has_self_test, try_out
from isthmus.config import ProviderSettings
from isthmus.config.checks import CLAUDE_CODE
from isthmus.core.commands import (
    Answered,
    Authorize,
    Call,
    Command,
    Fetch,
    Forward,
    Keep,
    Later,
    Pause,
    Rest,
    Say,
    Spare,
    Stream,
    Talk,
)
from isthmus.core.conversation import Conversation, Role, Text, Turn
from isthmus.core.errors import GatewayError, Kind, UpstreamError
from isthmus.core.events import Event, Failed, Finished
from isthmus.core.interfaces import ModelInfo, Target
from isthmus.server.errands import run_errand
from isthmus.server.sources import Source
from isthmus.shaping.fit import fit
from isthmus.transport.http import MAX_REFUSAL_BYTES, Channel
from isthmus.transport.rehearsal import hold

WITHIN_S: Final = 60.0
"""A local server may have to load the model first."""
MAX_TOKENS: Final = 16
PROBE: Final = "probe"
"""Whose processes those are that we talk with ourselves: no API key has such an id."""
_NO_LIST: Final = frozenset({404, 405, 501})
_SHOWN_NAMES: Final = 5


@dataclass(slots=True)
class Finding:
    """What came of probing one provider."""

    provider: str
    did: list[str] = field(default_factory=list)
    """What was asked and what came of it, in order."""
    notes: list[str] = field(default_factory=list)
    problem: str | None = None
    way_out: str | None = None
    models: int | None = None
    model: str | None = None
    """The one that was asked."""
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        return self.problem is None


async def probe(source: Source, settings: ProviderSettings, *, ask: bool) -> Finding:
    """Never raises for what the provider does. With `ask`, a model is asked even if the list already came."""
    async with _finding(source, settings, "try again, or look at the upstream itself") as finding:
        if has_self_test(source):
            await _try_out(source, settings, finding)
        listed = await _listed(source, settings, finding, ask=ask)
        if listed is not None:
            finding.models = len(listed)
            _compare(settings, listed, finding)
        if ask or listed is None:
            await _ask(source, _model_to_ask(settings, listed or []), finding)
    return finding


async def try_out_alone(source: Source, settings: ProviderSettings) -> Finding:
    """Of a provider that answers through a program, and whose accounts are not known here: is the program there?"""
    async with _finding(source, settings, "try again") as finding:
        await _try_out(source, settings, finding)
    return finding


@asynccontextmanager
async def _finding(source: Source, settings: ProviderSettings, when_late: str) -> AsyncIterator[Finding]:
    """What goes wrong within becomes the finding's problem, and so does an answer that does not come in time."""
    finding = Finding(source.name)
    started_s = time.monotonic()
    try:
        async with asyncio.timeout(WITHIN_S):
            yield finding
    except GatewayError as error:
        finding.problem = _in_full(error)
        finding.way_out = _way_out(error, source.name, settings)
    except TimeoutError:
        finding.problem = f"no answer within {WITHIN_S:g} s"
        finding.way_out = when_late
    finding.took_s = time.monotonic() - started_s


async def _try_out(source: Source, settings: ProviderSettings, finding: Finding) -> None:
    verdict = await try_out(source, settings)
    came_of_it = "passed" if verdict.takes_lines else "failed"
    finding.did.append(f"is Claude Code {verdict.version} at {verdict.path}, self-test {came_of_it}")
    finding.notes.extend(f"it {'is ' if problem == OLD else ''}{problem}" for problem in verdict.problems)


async def _listed(
    source: Source, settings: ProviderSettings, finding: Finding, *, ask: bool
) -> list[ModelInfo] | None:
    """As `_list`. Where a model will be asked anyway, a refused list is no failure: some keys are for answers alone."""
    try:
        return await _list(source, finding)
    except UpstreamError as error:
        if not (ask and error.status >= 400 and _model_to_ask(settings, [])):
            raise
        finding.notes.append(_in_full(error))
        return None


async def _list(source: Source, finding: Finding) -> list[ModelInfo] | None:
    """The upstream's list; None when it has none."""
    exchange = source.provider.list_models()
    if exchange is None:
        models = source.provider.read_models(b"")
        finding.did.append(f"has {len(models)} models built in")
        return models
    reply = await source.ask(exchange)
    status = reply.head.status
    if status in _NO_LIST:
        finding.did.append(f"has no model list ({status})")
        return None
    if status >= 400:
        said = reply.body[:MAX_REFUSAL_BYTES].decode("utf-8", "replace")
        raise UpstreamError(f"it refused its model list with status {status}", status=status, detail=said)
    models = source.provider.read_models(reply.body)
    finding.did.append(f"lists {len(models)} models")
    return models


def _compare(settings: ProviderSettings, listed: list[ModelInfo], finding: Finding) -> None:
    """Names that the configuration uses and the list does not know. No failure: not every list is complete."""
    used = dict.fromkeys(value for value in settings.models.values() if "*" not in value)
    if settings.default_model is not None:
        used[settings.default_model] = None
    known = {info.id for info in listed}
    missing = [name for name in used if name not in known]
    if known and missing:
        more = f" and {len(missing) - _SHOWN_NAMES} more" if len(missing) > _SHOWN_NAMES else ""
        finding.notes.append(f"not in its list: {', '.join(missing[:_SHOWN_NAMES])}{more}")


def _model_to_ask(settings: ProviderSettings, listed: list[ModelInfo]) -> str | None:
    if settings.default_model is not None:
        return settings.default_model
    named = [value for value in settings.models.values() if "*" not in value]
    return next(iter(named + [info.id for info in listed]), None)


async def _ask(source: Source, model: str | None, finding: Finding) -> None:
    if model is None:
        finding.notes.append("no model to ask is known: name one under `models` or as `default_model`")
        return
    finding.model = model
    target = Target(model, source.provider.abilities(model), source.policy)
    hello = Conversation(model, (Turn(Role.USER, (Text("Say hello."),)),), max_tokens=MAX_TOKENS)
    exchange = source.provider.exchange(fit(hello, target).conversation, target)
    try:
        command = next(exchange)
        while True:
            try:
                reply = await _perform(command, source)
            except UpstreamError as error:
                command = exchange.throw(error)
            else:
                command = exchange.send(reply)
    except StopIteration:
        finding.did.append(f"{model} answered")


async def _perform(command: Command, source: Source) -> Answered:
    match command:
        case Stream():
            await _stream(command, source.channel)
        case Talk():
            assert source.crew is not None, "a provider that talks with programs needs a crew"
            await hold(command, source.crew, PROBE)
        case Call():
            return await source.channel.call(command)
        case Later(errand):
            await run_errand(errand, source.channel, source.keep)
        case Keep():
            source.keep(command)
        case Rest() | Spare():
            pass  # The account answers, which is all that was asked.
        case Authorize(refused):
            return await source.authorize(refused)
        case Say(events):
            _check(list(events))
        case Pause(seconds):
            await asyncio.sleep(seconds)
        case Fetch() | Forward():
            raise AssertionError(f"{type(command).__name__} has no place in an answer to a greeting")
        case _:
            assert_never(command)
    return None


async def _stream(command: Stream, channel: Channel) -> None:
    incoming = await channel.open(command)
    try:
        if incoming.head.status >= 400:
            raise command.classify(incoming.head, await incoming.read_all(MAX_REFUSAL_BYTES))
        decoder = command.decode(incoming.head)
        while chunk := await incoming.read():
            if _check(decoder.feed(chunk)):
                return
        _check(decoder.close())
    finally:
        incoming.close()


def _check(events: list[Event]) -> bool:
    """Whether the answer is complete. Raises its failure."""
    for event in events:
        if isinstance(event, Failed):
            raise event.error
    return any(isinstance(event, Finished) for event in events)


def _in_full(error: GatewayError) -> str:
    """What the operator may know and a client may not."""
    if isinstance(error, Unfit):
        return error.message  # the way out stands beside it
    detail = " ".join(error.detail.split())[:300] if isinstance(error, UpstreamError) else ""
    return f"{error.message} ({detail})" if detail and detail not in error.message else error.message


def _way_out(error: GatewayError, name: str, settings: ProviderSettings) -> str:
    if isinstance(error, Unfit):
        return error.detail
    status = error.status if isinstance(error, UpstreamError) else 0
    if status in {401, 403}:
        return f"correct providers.{name}.api_key"
    if status == 404 or error.kind is Kind.MODEL_NOT_FOUND:
        return f"correct providers.{name}.base_url, or the model's name"
    if status == 429 or error.kind in {Kind.RATE_LIMIT, Kind.BILLING, Kind.OVERLOADED}:
        return "look at the account's limits and balance, or try again later"
    if status >= 500:
        return "try again later"
    if settings.type == CLAUDE_CODE and status == 0:
        return f"install Claude Code, or say where it is with providers.{name}.claude_code.cli_path"
    if status == 0:
        where = settings.base_url or settings.vendor or "its address"
        return f"is it running, and is providers.{name}.base_url right ({where})?"
    return f"correct what it names under providers.{name}"
