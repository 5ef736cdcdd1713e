"""Results and journal of a batch as files that survive the process: appended to, synced, repaired, and one owner at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from isthmus.batch.journal import (
    Header,
    JournalFault,
    Spent,
    Sums,
    check_same,
    read_header,
    read_spent,
    write,
)
from isthmus.batch.results import ResultFault, Written, read
from isthmus.cli.failure import CommandFailed

PIECE_BYTES: Final = 1 << 16


@dataclass(slots=True)
class Output:
    """Open for appending. What is in it is finished."""

    results: Path
    journal: Path
    results_fd: int
    journal_fd: int
    finished: set[str] = field(default_factory=set)
    failed: int = 0
    """Of the finished ones."""
    sums: Sums = field(default_factory=Sums)

    def append(self, entries: Sequence[tuple[Spent, bytes]]) -> None:
        """On the disk when this returns. May run in a thread. Raises `CommandFailed`."""
        with _named(self.results):
            _write_all(self.journal_fd, b"".join(write(spent) for spent, _ in entries))
            os.fsync(self.journal_fd)
            _write_all(self.results_fd, b"".join(line for _, line in entries))
            os.fsync(self.results_fd)


def journal_of(results: Path) -> Path:
    return results.with_name(f"{results.name}.journal")


@contextmanager
def open_output(
    results: Path, header: Header, *, restart: bool = False, retry_failed: bool = False
) -> Iterator[Output]:
    """Begins a batch, or goes on with one. Raises `CommandFailed` for files that are not this batch's, or in use."""
    descriptors: list[int] = []
    try:
        with _named(results):
            output = _open(results, header, descriptors, restart=restart, retry_failed=retry_failed)
        yield output
    finally:
        for each in descriptors:
            os.close(each)


def _open(
    results: Path, header: Header, descriptors: list[int], *, restart: bool, retry_failed: bool
) -> Output:
    """What is opened on the way is noted in `descriptors`."""
    journal = journal_of(results)
    journal_fd = _appendable(journal, descriptors)
    _own(journal_fd, results)
    if restart:
        results.unlink(missing_ok=True)
        os.ftruncate(journal_fd, 0)
    sums = _recall(journal, journal_fd, results, header)
    if retry_failed and results.exists():
        _repair(results)
        _forget_failed(results)
    output = Output(results, journal, _appendable(results, descriptors), journal_fd, sums=sums)
    _sync_folder(results.parent)
    _repair(results)
    for written in _written(results):
        output.finished.add(written.custom_id)
        output.failed += not written.succeeded
    return output


def _appendable(file: Path, descriptors: list[int]) -> int:
    fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    descriptors.append(fd)
    return fd


@contextmanager
def _named(results: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandFailed(
            f"{error.filename or results} cannot be written ({error.strerror}): nothing is lost that had been finished; "
            "put it right, or choose another file with --output"
        ) from None


def _own(journal_fd: int, results: Path) -> None:
    try:
        # The lock goes with the process, however it ends.
        fcntl.flock(journal_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandFailed(
            f"{results} is being written by another `isthmus batch`: wait for it to end"
        ) from None


def _recall(journal: Path, journal_fd: int, results: Path, header: Header) -> Sums:
    """What earlier runs took; a batch that has none is begun."""
    _repair(journal)
    sums = Sums()
    try:
        with journal.open("rb") as file:
            if not (first := file.readline()):
                if results.exists() and results.stat().st_size:
                    raise CommandFailed(
                        f"{results} is there already and no batch is known to have written it: choose another file with "
                        "--output, or have it replaced with --restart",
                        exit_code=2,
                    )
                _write_all(journal_fd, write(header))
                os.fsync(journal_fd)
                return sums
            check_same(read_header(first), header)
            for raw in file:
                sums.add(read_spent(raw))
    except JournalFault as fault:
        raise CommandFailed(
            f"{journal}: {fault}. Begin anew with --restart (its results are deleted), or choose another file with --output",
            exit_code=2,
        ) from None
    return sums


def _written(results: Path) -> Iterator[Written]:
    with results.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                yield read(raw)
            except ResultFault as fault:
                raise CommandFailed(
                    f"{results} line {number} is no result ({fault}): delete that line to have it asked again, or begin "
                    "anew with --restart",
                    exit_code=2,
                ) from None


def _repair(file: Path) -> None:
    """The last line was cut short by the end of the process: it goes, unless only its line feed is missing."""
    with file.open("r+b") as opened:
        end = opened.seek(0, os.SEEK_END)
        start = _after_last_line_feed(file, end)
        if start == end:
            return
        opened.seek(start)
        tail = opened.read()
        if _is_json(tail):
            opened.write(b"\n")
        else:
            opened.truncate(start)
        opened.flush()
        os.fsync(opened.fileno())


def _after_last_line_feed(file: Path, end: int) -> int:
    with file.open("rb") as opened:
        while end > 0:
            start = max(0, end - PIECE_BYTES)
            opened.seek(start)
            if (found := opened.read(end - start).rfind(b"\n")) >= 0:
                return start + found + 1
            end = start
    return 0


def _is_json(tail: bytes) -> bool:
    """No beginning of a JSON object is one."""
    try:
        msgspec.json.decode(tail, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return True


def _forget_failed(results: Path) -> None:
    """Leaves out what failed, so that it is asked again."""
    part = results.with_name(f".{results.name}.part")
    with part.open("wb") as kept, results.open("rb") as file:
        for raw, written in zip(file, _written(results), strict=True):
            if written.succeeded:
                kept.write(raw)
        kept.flush()
        os.fsync(kept.fileno())
    part.replace(results)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
