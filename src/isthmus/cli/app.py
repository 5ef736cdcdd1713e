"""`isthmus`: what commands there are, how they fail, and what their exit codes mean.

A command's module is imported when the command is run, so that `--help` and the small commands do not wait for the large
ones; their one-line descriptions are therefore kept here.
"""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup
from typer.exceptions import TyperException

from isthmus import __version__
from isthmus.cli.failure import CommandFailed
from isthmus.observability.redaction import Redaction

ABOUT: Final = """A self-hosted gateway for Claude and everything that speaks like it.

Exit codes: 0 done, 1 failed (the message says what to do), 2 wrong command line or unreadable input, 130 interrupted."""


class Entry(NamedTuple):
    module: str
    help: str


COMMANDS: Final = {
    "serve": Entry("isthmus.cli.serve", "Run the gateway."),
    "demo": Entry("isthmus.cli.demo", "Try a kind of upstream on a simulator, without an account."),
    "check": Entry("isthmus.cli.check", "Validate the configuration and probe every provider."),
    "claude": Entry("isthmus.cli.claude", "Run Claude Code through the gateway."),
    "batch": Entry("isthmus.cli.batch", "Answer a file of requests through the gateway."),
    "lint-stream": Entry(
        "isthmus.cli.lint_stream", "Judge a captured SSE stream against its dialect's grammar."
    ),
    "conformance": Entry(
        "isthmus.cli.conformance", "Run the conformance cases against a gateway or an upstream."
    ),
    "example-config": Entry("isthmus.cli.example_config", "Print a commented isthmus.yaml."),
    "migrate": Entry("isthmus.cli.migrate", "Take over from another program."),
    "accounts": Entry("isthmus.cli.accounts", "Accounts at upstreams."),
    "login": Entry("isthmus.cli.login", "Sign in accounts of Amazon Q and Kiro."),
    "keys": Entry("isthmus.cli.keys", "API keys of the gateway."),
    "ips": Entry("isthmus.cli.ips", "Addresses that are refused."),
    "logs": Entry("isthmus.cli.logs", "The log of requests."),
    "settings": Entry("isthmus.cli.live_settings", "Settings that may be changed while the gateway runs."),
    "admin": Entry("isthmus.cli.admin", "Users of the administration, their passwords and tokens."),
    "backup": Entry("isthmus.cli.backup", "Save the whole database in one file, while gateways run."),
    "restore": Entry("isthmus.cli.restore", "Put a backup into the configured database."),
    "storage": Entry("isthmus.cli.storage", "The database and its secret key."),
    "version": Entry("isthmus.cli.version", "Print the version."),
}


def flowing(help: str) -> str:
    """Paragraphs of one line each: Typer keeps the line breaks of our source, which are not those of a terminal."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in help.split("\n\n"))


@contextmanager
def uncollected() -> Iterator[None]:
    """The garbage collector looks neither while modules are loaded nor ever after through what they made: it all stays to the end.

    A fifth of the CPU that a gateway takes to start went there.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Commands(TyperGroup):
    """Loads a command when it is called, and says its failures."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, found, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            with uncollected():
                found = typer.main.get_command(import_module(COMMANDS[name].module).app)
            found.name = name
            for command in (found, *getattr(found, "commands", {}).values()):
                command.help = flowing(command.help or "")
        return name, found, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException, BrokenPipeError):
            raise  # Typer's own business. A broken pipe: whoever read our output has seen enough.
        except CommandFailed as failure:
            _say(str(failure))
            raise typer.Exit(failure.exit_code) from None
        except Exception as bug:  # noqa: BLE001 - the last line of defence of the command line
            _say_bug(bug, with_trace=bool(ctx.params.get("debug")))
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Commands,
    help=ABOUT,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"isthmus {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an unexpected failure.")] = False,
) -> None:
    """The options every command has; their effects are in `_print_version` and `Commands.invoke`."""


def _listed(name: str, entry: Entry) -> None:
    """So that help, suggestions and shell completion know the command without loading it."""

    @app.command(name, help=entry.help)
    def placeholder() -> None:
        raise AssertionError(f"{name} is loaded from {entry.module}")


for _name, _entry in COMMANDS.items():
    _listed(_name, _entry)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line (`sys.argv` when None) and returns its exit code."""
    try:
        app(args=arguments if arguments is None else list(arguments), prog_name="isthmus")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    return 0


def _say(message: str) -> None:
    text = Text.assemble(("isthmus: ", "bold red"), message)
    Console(stderr=True, soft_wrap=True, highlight=False).print(text)


def _say_bug(bug: Exception, *, with_trace: bool) -> None:
    """Nobody foresaw what its text holds, so it passes the net that log lines pass."""
    shown = Redaction().text
    if with_trace:
        print(shown("".join(traceback.format_exception(bug))), file=sys.stderr)
    hint = "" if with_trace else " `isthmus --debug` before the command shows where. Please report it."
    _say(shown(f"something is wrong inside isthmus itself: {type(bug).__name__}: {bug}.{hint}"))
