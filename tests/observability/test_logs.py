"""The log: one line per event, in one form, whoever says it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from isthmus.core.secret import Secret
from isthmus.observability.logs import set_level, set_up


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, complains = list(root.handlers), root.level, logging.raiseExceptions
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = complains


def lines(out: io.BytesIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_json_object() -> None:
    out = io.BytesIO()
    set_up("info", "json", stream=out)
    structlog.get_logger("isthmus").info("request", status=200, losses=["seed=dropped"], model="a\nb")
    (line,) = lines(out)
    assert line | {"timestamp": ""} == {
        "event": "request",
        "status": 200,
        "losses": ["seed=dropped"],
        "model": "a\nb",
        "level": "info",
        "timestamp": "",
    }
    assert str(line["timestamp"]).endswith("Z")


def test_what_is_no_json_is_shown_as_python_shows_it() -> None:
    out = io.BytesIO()
    set_up("info", "json", stream=out)
    structlog.get_logger().info("odd", secret=Secret("abcdefgh"), kind=ValueError)
    assert [lines(out)[0][name] for name in ("secret", "kind")] == ["Secret(***)", "<class 'ValueError'>"]


def test_less_than_the_level_is_not_said() -> None:
    out = io.BytesIO()
    set_up("warning", "json", stream=out)
    log = structlog.get_logger()
    log.info("one")
    log.warning("two")
    assert [line["event"] for line in lines(out)] == ["two"]


def test_the_level_can_be_changed_while_loggers_are_in_use() -> None:
    out = io.BytesIO()
    set_up("info", "json", stream=out)
    log, library = structlog.get_logger("isthmus"), logging.getLogger("somebody.else")
    for level in ("info", "debug", "error", "info"):
        set_level(level)
        log.debug("debug", at=level)
        log.warning("warning", at=level)
        library.info("library")
    said = [(line["event"], line.get("at")) for line in lines(out)]
    assert said == [
        ("warning", "info"),
        ("library", None),
        ("debug", "debug"),
        ("warning", "debug"),
        ("library", None),
        ("warning", "info"),
        ("library", None),
    ]


@pytest.mark.parametrize("format", ["json", "console"])
def test_a_bug_is_logged_with_its_trace_and_without_its_secrets(format: str) -> None:
    out = io.BytesIO()
    set_up("info", format, [Secret("hunter2-hunter2")], out)
    try:
        raise ValueError("not accepted: hunter2-hunter2 nor sk-abcdefghijkl")
    except ValueError as error:
        structlog.get_logger().error("bug", request_id="req_1", exc_info=error)
    text = out.getvalue().decode()
    assert "ValueError: not accepted: *** nor ***" in text
    assert "test_logs.py" in text
    assert "hunter2" not in text


def test_auto_is_for_the_eye_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal, pipe = Terminal(), io.BytesIO()
    for out in (terminal, pipe):
        set_up("info", "auto", stream=out)
        structlog.get_logger().info("hello", n=1)
    assert b"\x1b[" in terminal.getvalue()
    assert lines(pipe)[0]["n"] == 1


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    out = Terminal()
    set_up("info", "auto", stream=out)
    structlog.get_logger().info("hello", n=1)
    assert b"\x1b[" not in out.getvalue()
    assert b"n=1" in out.getvalue()


def test_what_libraries_say_comes_in_the_same_form() -> None:
    out = io.BytesIO()
    set_up("info", "json", stream=out)
    logging.getLogger("some.module").info("%d things, key sk-abcdefghijkl", 3)
    try:
        raise RuntimeError("inside")
    except RuntimeError:
        logging.getLogger("asyncio").exception("failed")
    first, second = lines(out)
    assert (first["event"], first["logger"]) == ("3 things, key ***", "some.module")
    assert "RuntimeError: inside" in str(second["exception"])


def test_ordinary_remarks_of_the_server_library_are_left_out_except_for_debugging() -> None:
    for level, heard in (("info", ["trouble"]), ("debug", ["started", "trouble"])):
        out = io.BytesIO()
        set_up(level, "json", stream=out)
        logging.getLogger("uvicorn.error").info("started")
        logging.getLogger("uvicorn.error").warning("trouble")
        assert [line["event"] for line in lines(out)] == heard


def test_a_remark_that_cannot_be_formatted_stops_nobody() -> None:
    out = io.BytesIO()
    set_up("info", "json", stream=out)
    logging.getLogger("some.module").warning("%d", "not a number")
    assert out.getvalue() == b""


def test_what_is_written_to_the_database_is_not_logged_even_for_debugging() -> None:
    out = io.BytesIO()
    set_up("debug", "json", stream=out)
    for name in ("aiosqlite", "sqlalchemy.engine", "asyncmy"):
        logging.getLogger(name).debug("INSERT ... ('hash of a session')")
        logging.getLogger(name).info("INSERT ... ('hash of a session')")
    assert lines(out) == []
