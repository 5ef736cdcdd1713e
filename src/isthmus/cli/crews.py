"""The programs behind providers of type claude-code: whose processes they are, which are started early, and their self-test."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from isthmus.cli.claude_files import Unfit, check_files
from isthmus.config import ProviderSettings
from isthmus.config.sections.claude_code import ClaudeCodeSettings
from isthmus.control.statistics import ProcessFigures
from isthmus.core.errors import GatewayError, UpstreamError
from isthmus.core.interfaces import Provider
from isthmus.providers.claude_code.options import BATCH
from isthmus.providers.claude_code.provider import ClaudeCode, Learned
from isthmus.server.sources import Source
from isthmus.transport.crew import Crew
from isthmus.transport.find_claude import TESTED, Version, find_claude, version_of
from isthmus.transport.programs import Programs
from isthmus.transport.rehearsal import rehearse
from isthmus.transport.workers import CrewRules

log = structlog.get_logger("isthmus")

BATCH_QUEUE_TIMEOUT_S: Final = 3600.0
OLD: Final = f"older than {'.'.join(map(str, TESTED))}, the oldest that was tried"
FALLS_BACK: Final = "takes no conversation in lines: each is given to it as a file, which costs up to a second more per answer"
AS_ROOT: Final = "`claude_code.file_access.skip_permissions` is refused by Claude Code where root runs it"
AS_ROOT_WAY_OUT: Final = "run the gateway as a user of its own, or remove the setting"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about the program that is installed."""

    path: Path
    version: Version
    takes_lines: bool

    @property
    def problems(self) -> tuple[str, ...]:
        """What it can do less than it should. It is used all the same."""
        old = () if self.version.is_new_enough else (OLD,)
        return (*old, *(() if self.takes_lines else (FALLS_BACK,)))


class Crews:
    """Open for as long as the gateway serves."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self._learned: dict[str, Learned] = {}
        self._tried: dict[str, str | None] = {}
        """Provider → where its program was when it was tried out."""
        self._trying: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._trying:
            task.cancel()
        await asyncio.gather(*self._trying, return_exceptions=True)

    def of(self, name: str, settings: ProviderSettings, provider: Provider) -> Crew | None:
        """The processes of a provider; None for one that needs none."""
        if not isinstance(provider, ClaudeCode):
            return None
        provider.learned = self._learned.setdefault(name, provider.learned)
        own = settings.claude_code
        return self.programs.crew(name, rules_of(own), partial(find_claude, _path(settings)))

    def begin(self, faces: Iterable[tuple[Source, ProviderSettings]]) -> None:
        """To be told whenever what is offered has changed: `faces` are all providers as their first account reaches them.

        What is wanted soon is started, and a program that is new here is tried out, both behind whatever goes on.
        """
        found = [(source, settings) for source, settings in faces if has_self_test(source)]
        self.programs.keep_only([source.name for source, _ in found])
        self._tried = {each.name: self._tried[each.name] for each, _ in found if each.name in self._tried}
        for source, settings in found:
            assert source.crew is not None
            assert isinstance(source.provider, ClaudeCode)
            is_refused = _is_refused_to_root(source.provider)
            source.crew.expect(*(() if is_refused else source.provider.usual_programs))
            path = settings.claude_code.cli_path
            if source.name not in self._tried or self._tried[source.name] != path:
                self._tried[source.name] = path
                task = asyncio.get_running_loop().create_task(_try_out(source, settings))
                self._trying.add(task)
                task.add_done_callback(self._trying.discard)

    def figures(self) -> list[ProcessFigures]:
        """Of every provider that has processes."""
        return [
            ProcessFigures(name, each.idle, each.busy, each.waiting, each.started, each.died)
            for name, each in self.programs.figures().items()
        ]


def has_self_test(source: Source) -> bool:
    return source.crew is not None and isinstance(source.provider, ClaudeCode)


async def try_out(source: Source, settings: ProviderSettings) -> Verdict:
    """Asks the program for its version and holds the self-test. Nobody's model is asked.

    Raises `GatewayError`; `Unfit` where the program is sound and something else on this machine is not.
    """
    assert source.crew is not None
    assert isinstance(source.provider, ClaudeCode)
    if _is_refused_to_root(source.provider):
        raise Unfit(AS_ROOT, AS_ROOT_WAY_OUT)
    path = await asyncio.to_thread(find_claude, _path(settings))
    version = await version_of(path)
    await rehearse(source.provider.try_out(), source.crew)
    await asyncio.to_thread(check_files, settings.claude_code)
    return Verdict(path, version, source.provider.learned.can_tell)


async def _try_out(source: Source, settings: ProviderSettings) -> None:
    try:
        verdict = await try_out(source, settings)
    except Unfit as error:
        log.warning(
            "Claude Code will not do as it is set up",
            provider=source.name,
            error=error.message,
            detail=error.detail,
        )
        return
    except GatewayError as error:
        detail = error.detail if isinstance(error, UpstreamError) else ""
        log.warning(
            "Claude Code could not be tried out", provider=source.name, error=error.message, detail=detail
        )
        return
    said = {"provider": source.name, "path": str(verdict.path), "version": str(verdict.version)}
    for problem in verdict.problems:
        log.warning(
            f"this Claude Code is {problem}" if problem == OLD else f"this Claude Code {problem}", **said
        )
    if not verdict.problems:
        log.info("Claude Code has passed its self-test", **said)


def rules_of(settings: ClaudeCodeSettings) -> CrewRules:
    """Who sends a batch waits for its end, not for a place: there the line may be long, unless it is said how long."""
    pool, queue_timeout_s = settings.pool, settings.pool.queue_timeout_s
    if settings.mode == BATCH and "queue_timeout_s" not in pool.model_fields_set:
        queue_timeout_s = BATCH_QUEUE_TIMEOUT_S
    return CrewRules(pool.size, pool.max_processes, pool.max_idle_s, pool.max_lifetime_s, queue_timeout_s)


def _path(settings: ProviderSettings) -> Path | None:
    path = settings.claude_code.cli_path
    return None if path is None else Path(path)


def _is_refused_to_root(provider: ClaudeCode) -> bool:
    """Whether the program would end as soon as it is started, whatever it is asked."""
    return os.geteuid() == 0 and provider.skips_permissions
