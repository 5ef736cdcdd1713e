"""A file of requests is read whole before anything is sent, a line at a time."""

import hashlib
import io
import json
import tracemalloc
from typing import BinaryIO, cast

import pytest

from isthmus.batch.lines import Format, Line, LineFault
from isthmus.cli.batch_input import MAX_PROBLEMS, Source


def row(id: str, text: str = "hi") -> bytes:
    params = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": text}]}
    return json.dumps({"custom_id": id, "params": params}).encode()


def source(*lines: bytes, end: bytes = b"\n", max_line_bytes: int = 1 << 20) -> Source:
    return Source(io.BytesIO(b"\n".join(lines) + end), max_line_bytes)


def ids(lines: list[Line]) -> list[str]:
    return [line.custom_id for line in lines]


@pytest.mark.parametrize("end", [b"\n", b"", b"\r\n\r\n  \n"])
def test_every_line_is_found(end: bytes) -> None:
    read = source(b"\xef\xbb\xbf" + row("a"), b"", row("b") + b"\r", end=end)
    scan = read.scan()
    assert (scan.lines, scan.format, scan.problems) == (2, Format.ANTHROPIC, [])
    assert ids(list(read.pending(Format.ANTHROPIC, {"a"}))) == ["b"]


def test_the_digest_is_that_of_the_file() -> None:
    data = row("a") + b"\n" + b"x" * 5000 + b"\n" + row("b")
    scan = Source(io.BytesIO(data), 1000).scan()
    assert scan.sha256 == hashlib.sha256(data).hexdigest()
    assert scan.problems == ["line 2: is longer than 0 MiB (server.max_body_mib)"]
    assert scan.lines == 2


def test_an_id_given_twice_is_refused_with_both_lines() -> None:
    scan = source(row("a"), row("b"), row("a")).scan()
    assert scan.problems == ["line 3: custom_id: 'a' is that of line 1, too"]


def test_problems_are_counted_where_they_are_too_many_to_show() -> None:
    scan = source(*[b"{}"] * 30, row("a")).scan()
    assert (len(scan.problems), scan.faulty, scan.lines) == (MAX_PROBLEMS, 30, 1)


def test_a_check_may_look_deeper() -> None:
    def check(line: Line) -> None:
        if line.custom_id == "b":
            raise LineFault("params.x", "is not liked")

    assert source(row("a"), row("b")).scan(check).problems == ["line 2: params.x: is not liked"]


def test_a_line_that_has_changed_since_stops_the_reading() -> None:
    read = source(row("a"), b"{}")
    pending = read.pending(Format.ANTHROPIC, ())
    assert next(pending).custom_id == "a"
    with pytest.raises(LineFault, match="line 2 has changed while the batch ran"):
        next(pending)


class _Endless:
    """As many lines as wanted, made when they are read."""

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._at = 0

    def seek(self, to: int) -> None:
        self._at = to

    def readline(self, size: int = -1) -> bytes:
        self._at += 1
        return row(f"r{self._at}", "x" * 20_000) + b"\n" if self._at <= self._lines else b""


def test_memory_does_not_grow_with_the_size_of_the_file() -> None:
    tracemalloc.start()
    try:
        read = Source(cast(BinaryIO, _Endless(2_000)), 1 << 20)
        assert read.scan().lines == 2_000
        assert sum(1 for _ in read.pending(Format.ANTHROPIC, ())) == 2_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000 * 20_000 / 10, "a tenth of the file"
