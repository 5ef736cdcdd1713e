"""`isthmus lint-stream`: a captured stream judged by its dialect's own rules."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Protocol

import typer

from isthmus.cli.failure import CommandFailed
from isthmus.dialects import anthropic, openai_chat

UNREADABLE: Final = 2


class Dialect(StrEnum):
    AUTO = "auto"
    MESSAGES = "messages"
    CHAT = "chat"


class Problem(Protocol):
    """What both dialects' judges report."""

    @property
    def line(self) -> int: ...
    @property
    def rule(self) -> str: ...
    @property
    def message(self) -> str: ...


_TRACES: Final = re.compile(
    rb"""
      (?P<messages> ^event:\s*(?:message|content_block)_ | "type"\s*:\s*"(?:message|content_block)_ )
    | (?P<chat> "object"\s*:\s*"chat\.completion | "choices"\s*:\s*\[ | ^data:\s*\[DONE\] )
    """,
    re.VERBOSE | re.MULTILINE,
)
"""What only one of the two dialects writes. The earlier of the two decides."""

app = typer.Typer(add_completion=False)


@app.command()
def lint_stream(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The capture; `-` reads standard input.")],
    dialect: Annotated[
        Dialect, typer.Option("--dialect", help="What it should be; `auto` looks.")
    ] = Dialect.AUTO,
    partial: Annotated[
        bool, typer.Option("--partial", help="The capture was stopped early: do not judge its end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Judge a captured SSE stream of the Messages or the Chat Completions API.

    The capture is the body as it came, for example from `curl -sN … > capture.sse`. Each broken rule is one line:
    FILE:LINE: rule: what is wrong (who minds).

    Exit codes: 0 nothing is wrong, 1 rules are broken, 2 the capture cannot be read or is neither dialect.
    """
    stream = _read(file)
    chosen = dialect if dialect is not Dialect.AUTO else _recognise(stream, file)
    judge: Callable[..., Sequence[Problem]] = (
        anthropic.lint if chosen is Dialect.MESSAGES else openai_chat.lint
    )
    problems = judge(stream, whole=not partial)
    if as_json:
        rows = [{"line": each.line, "rule": each.rule, "message": each.message} for each in problems]
        print(
            json.dumps(
                {"file": file, "dialect": chosen.value, "problems": rows}, ensure_ascii=False, indent=2
            )
        )
    else:
        for each in problems:
            print(f"{file}:{each.line}: {each.rule}: {each.message}")
        if not problems:
            print(
                f"{file}: a legal {'Messages' if chosen is Dialect.MESSAGES else 'Chat Completions'} stream"
            )
    raise typer.Exit(1 if problems else 0)


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}", exit_code=UNREADABLE) from None


def _recognise(stream: bytes, file: str) -> Dialect:
    found = _TRACES.search(stream)
    if found is None:
        raise CommandFailed(
            f"{file} looks neither like a Messages nor like a Chat Completions stream: "
            "if it should be one, say which with `--dialect messages` or `--dialect chat`",
            exit_code=UNREADABLE,
        )
    return Dialect.MESSAGES if found["messages"] else Dialect.CHAT
