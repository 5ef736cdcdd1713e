"""`isthmus batch FILE.jsonl`: a file of requests, answered through the gateway, in the format it came in."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import typer
from rich.console import Console

from isthmus import registry
from isthmus.batch.deciding import Patience
from isthmus.batch.journal import VERSION, Header
from isthmus.batch.lines import LineFault
from isthmus.cli import batch_doors
from isthmus.cli import batch_options as options
from isthmus.cli.account_reading import read_variable
from isthmus.cli.batch_checks import Checks
from isthmus.cli.batch_doors import Door
from isthmus.cli.batch_input import Scan, Source
from isthmus.cli.batch_output import Output, open_output
from isthmus.cli.batch_progress import figures, shown, summary
from isthmus.cli.batch_run import NANO, Batch, Course, Rules
from isthmus.cli.claude import gateway_url
from isthmus.cli.failure import CommandFailed
from isthmus.cli.process import loop_factory
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.config import Settings
from isthmus.core.secret import Secret

STOPPED: Final = 3
INTERRUPTED: Final = 130

app = typer.Typer(add_completion=False)


@app.command()
def batch(
    file: options.Requests,
    output: options.Results = None,
    provider: options.Provider = None,
    model: options.Model = None,
    concurrency: options.Concurrency = 8,
    retries: options.Retries = 5,
    max_wait: options.MaxWait = 3600.0,
    max_cost_usd: options.MaxCost = None,
    fail_fast: options.FailFast = False,
    retry_failed: options.RetryFailed = False,
    restart: options.Restart = False,
    dry_run: options.DryRun = False,
    url: options.Url = None,
    key_env: options.KeyVariable = None,
    config: ConfigFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Answer a file of requests through the gateway.

    Lines are those of OpenAI's batches (custom_id, method, url, body) or of Anthropic's Message Batches (custom_id, params);
    results have the same format and stand in the order in which they came: match them by custom_id.

    The same command again goes on where it ended, however it ended: a line that has a result is not asked again. Ctrl-C lets
    the lines under way end, a second one does not wait for them.

    Exit codes: 0 every line succeeded, 1 some failed, 2 the file or the command line is wrong and nothing was sent,
    3 stopped before the end, 130 interrupted.
    """
    settings = load_settings(config).settings
    results = output or file.with_name(f"{file.stem}.out{file.suffix or '.jsonl'}")
    cost = None if max_cost_usd is None else round(max_cost_usd * NANO)
    order = _Order(
        results,
        provider,
        model,
        Rules(concurrency, Patience(retries, max_wait), cost, fail_fast),
        restart=restart,
        retry_failed=retry_failed,
        as_json=as_json,
    )
    key = None if key_env is None else Secret(read_variable(key_env, "--key-env"))
    with _opened(file, results) as opened:
        source = Source(opened, settings.server.max_body_mib << 20, model)
        if dry_run:
            _check(source, as_json=as_json)
            return
        scan = source.scan()
        _demand_sound(scan, file)
        door = _door(settings, url, provider, key, config)
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                code = runner.run(_run(source, scan, order, door))
        except LineFault as fault:
            raise CommandFailed(f"{file}: {fault}", exit_code=STOPPED) from None
        raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class _Order:
    results: Path
    provider: str | None
    model: str | None
    rules: Rules
    restart: bool
    retry_failed: bool
    as_json: bool


@contextmanager
def _opened(file: Path, results: Path) -> Iterator[BinaryIO]:
    if results.exists() and file.exists() and results.samefile(file):
        raise CommandFailed(f"--output {results} is the file of requests itself", exit_code=2)
    if not results.parent.is_dir():
        raise CommandFailed(f"--output {results}: there is no folder {results.parent}", exit_code=2)
    try:
        opened = file.open("rb")
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}", exit_code=2) from None
    with opened:
        if not opened.seekable():
            raise CommandFailed(f"{file} can be read only once: put its lines into a file", exit_code=2)
        yield opened


def _check(source: Source, *, as_json: bool) -> None:
    checks = Checks(registry.dialects())
    scan = source.scan(checks)
    if as_json:
        said = {
            "ok": not scan.faulty and bool(scan.lines),
            "format": scan.format,
            "lines": scan.lines,
            "faulty": scan.faulty,
            "problems": scan.problems,
            "input_tokens_estimated": checks.input_tokens,
        }
        print(json.dumps(said, ensure_ascii=False, indent=2))
        raise typer.Exit(0 if said["ok"] else 2)
    _demand_sound(scan, Path(source.file.name))
    print(
        f"{scan.lines} lines for {scan.format}, all sound; about {checks.input_tokens} input tokens. Nothing was sent."
    )


def _demand_sound(scan: Scan, file: Path) -> None:
    if scan.faulty:
        more = scan.faulty - len(scan.problems)
        rest = f"\n… and {more} more" if more else ""
        problems = "\n".join(scan.problems)
        raise CommandFailed(
            f"{file}: {scan.faulty} lines are wrong, and nothing was sent:\n{problems}{rest}", exit_code=2
        )
    if not scan.lines:
        raise CommandFailed(f"{file} holds no requests", exit_code=2)


def _door(
    settings: Settings, url: str | None, provider: str | None, key: Secret | None, config: Path | None
) -> AbstractAsyncContextManager[Door]:
    if url is None:
        return batch_doors.open_own(settings, provider, key)
    own = settings.api_keys[0] if settings.api_keys else None
    return batch_doors.open_remote(gateway_url(settings, url), provider, key or own, config)


async def _run(source: Source, scan: Scan, order: _Order, door: AbstractAsyncContextManager[Door]) -> int:
    """The exit code."""
    assert scan.format is not None
    header = Header(VERSION, scan.sha256, scan.format, scan.lines, order.model, order.provider)
    scan.ids.clear()  # They were for finding duplicates, and those of a million lines are not small.
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with open_output(order.results, header, restart=order.restart, retry_failed=order.retry_failed) as output:
        before = len(output.finished)
        if before:
            console.print(f"{before} of {header.lines} lines have a result already in {order.results}")
        if before >= header.lines:
            return _told(_Ending(Course.begun(header.lines, output)), output, order, console)
        async with door as asked:
            lines = source.pending(header.format, output.finished)
            with shown(console, output.sums) as show:
                run = Batch(lines, header.lines, output, asked, order.rules, show)
                with _signals(run, console):
                    await run.run()
        return _told(_Ending(run.course, run.stopped, run.interrupted), output, order, console)


@contextmanager
def _signals(run: Batch, console: Console) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the batch; a second one does not wait for the lines under way."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        if not run.interrupted:
            console.print(f"Ending: {run.course.under_way} lines are under way. Once more to give them up.")
        run.interrupt()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@dataclass(frozen=True, slots=True)
class _Ending:
    course: Course
    stopped: str | None = None
    interrupted: bool = False


def _told(ending: _Ending, output: Output, order: _Order, console: Console) -> int:
    """Says how it ended. The exit code."""
    course, took_s = ending.course, time.monotonic() - ending.course.begun_s
    why = None if course.done >= course.total else ending.stopped or "interrupted"
    if order.as_json:
        said = figures(course, output.sums, took_s)
        said |= {"results": str(order.results), "stopped": why}
        print(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        print(f"{summary(course, output.sums, took_s)}\nresults: {order.results}")
    if why is not None:
        console.print(f"Stopped: {why}.\nThe same command again goes on from here.")
        return INTERRUPTED if ending.interrupted else STOPPED
    return 1 if course.failed else 0
