"""The log: structlog straight to standard error, JSON lines or, on a terminal, something for the eye.

Our own lines do not pass through the standard library's `logging` (one line per request is part of the hot path); what
libraries say there is brought over, so that there is one log in one form.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, BinaryIO, Final

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from isthmus.core.secret import Secret
from isthmus.observability.redaction import Redaction

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_QUIET: Final = ("uvicorn", "uvicorn.error", "asyncio", "aiohttp", "aiohttp.client")
"""Libraries whose ordinary remarks say nothing to an operator; from `warning` on they are heard."""
_TALKATIVE: Final = ("aiosqlite", "sqlalchemy", "asyncmy", "aiomysql")
"""Libraries whose remarks hold what is written to the database: they are never heard below `warning`."""


def set_up(
    level: str,
    format: str,
    secrets: Iterable[Secret] = (),
    stream: BinaryIO | None = None,
) -> Redaction:
    """Configures all logging of this process. `format` is `json`, `console` or `auto` (console on a terminal).

    Returns what it redacts with, for whoever prints something else. `set_level` changes the level later.
    """
    out = sys.stderr.buffer if stream is None else stream
    redaction = Redaction(secrets)
    structlog.configure(
        processors=_processors(_is_for_eyes(format, out), _wants_colours(out), redaction),
        # Loggers are put together once; the gate, which is asked first, decides what is let through at present.
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS["debug"]),
        logger_factory=structlog.BytesLoggerFactory(_Steady(out)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    _bring_over_standard_logging()
    set_level(level)
    return redaction


def set_level(level: str) -> None:
    """The least that is logged from now on."""
    _gate.least = LEVELS[level]
    logging.getLogger().setLevel(_gate.least)
    for name in _QUIET:
        loudness = _gate.least if level == "debug" else max(_gate.least, LEVELS["warning"])
        logging.getLogger(name).setLevel(loudness)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(_gate.least, LEVELS["warning"]))


class _Steady:
    """Loses what cannot be written: whoever logs must not fail because a disk is full or a reader has gone."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, line: bytes) -> None:
        with suppress(OSError):
            self._out.write(line)

    def flush(self) -> None:
        with suppress(OSError):
            self._out.flush()


class _Gate:
    """Drops what is below the level."""

    least = LEVELS["info"]

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if _NUMBERS.get(method, logging.CRITICAL) < self.least:
            raise structlog.DropEvent
        return event


_NUMBERS: Final = {**LEVELS, "warn": 30, "exception": 40, "critical": 50}
_gate: Final = _Gate()


def _processors(for_eyes: bool, colours: bool, redaction: Redaction) -> list[Processor]:
    shared: list[Processor] = [
        _gate,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Without local variables: they hold bodies and keys.
        structlog.processors.format_exc_info,
    ]
    if not for_eyes:

        def to_json(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
            return redaction.data(encoder.encode(event))

        encoder = msgspec.json.Encoder(enc_hook=repr, order=None)
        return [*shared, to_json]
    draw = structlog.dev.ConsoleRenderer(colors=colours)

    def to_lines(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
        return redaction.text(draw(logger, method, event)).encode("utf-8", "backslashreplace")

    return [*shared, to_lines]


def _is_for_eyes(format: str, out: BinaryIO) -> bool:
    return format == "console" or (format == "auto" and _is_terminal(out))


def _wants_colours(out: BinaryIO) -> bool:
    return _is_terminal(out) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal(out: BinaryIO) -> bool:
    return out.isatty()


class _Bridge(logging.Handler):
    """Says through structlog what a library said through `logging`."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields: dict[str, Any] = {"logger": record.name}
            if record.exc_info:
                fields["exc_info"] = record.exc_info
            structlog.get_logger(record.name).log(record.levelno, record.getMessage(), **fields)
        except Exception:  # noqa: BLE001 - a log line that cannot be made must not stop what it is about
            self.handleError(record)


def _bring_over_standard_logging() -> None:
    logging.getLogger().handlers[:] = [_Bridge()]
    logging.raiseExceptions = False
    for name in _QUIET:
        quiet = logging.getLogger(name)
        quiet.handlers.clear()
        quiet.propagate = True
