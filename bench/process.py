"""Processes under measurement: started on a chosen core, accounted by the kernel, ended by who started them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Cores:
    """Where each party runs. `subject` is None where there is only one core: then nothing is pinned."""

    client: int | None
    upstream: int | None
    subject: int | None

    @classmethod
    def of_this_machine(cls) -> Cores:
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            return cls(None, None, None)
        # With two cores the client and the upstream share one: only the process under test needs its own.
        return cls(cores[0], cores[1] if len(cores) > 2 else cores[0], cores[-1])


@contextmanager
def running_on(core: int | None) -> Iterator[None]:
    """This thread, and what it starts meanwhile, runs on `core` only."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Process:
    """A child process with its log in a file. Leaving the context ends it: SIGTERM, after 10 s SIGKILL."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        core: int | None,
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        with log.open("wb") as output, running_on(core):
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd, env=environment
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def has_ended(self) -> bool:
        return self._child.poll() is not None

    def last_words(self, lines: int = 12) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.terminate()
        try:
            self._child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def family(pid: int) -> list[int]:
    """The process and all its living descendants: nginx does its work in a child."""
    pids = [pid]
    for parent in pids:
        for thread in Path(f"/proc/{parent}/task").glob("*"):
            try:
                pids += map(int, (thread / "children").read_text().split())
            except FileNotFoundError:  # ended while we looked
                continue
    return pids


def cpu_s(pid: int) -> float:
    """CPU seconds used so far by the process and its descendants, all threads, ended threads too.

    Reads the kernel's per-process CPU clocks (`clock_getcpuclockid(3)`), which count nanoseconds; utime and
    stime in `/proc/PID/stat` are the same sum in steps of 10 ms.
    """
    return sum(time.clock_gettime(_cpu_clock(each)) for each in family(pid))


def _cpu_clock(pid: int) -> int:
    # What glibc's clock_getcpuclockid computes: the complement of the pid, then three bits: "scheduler time".
    return (~pid << 3) | 2


def memory_kib(pid: int) -> int:
    """Proportional set size of the process and its descendants: shared pages are counted once."""
    return sum(parse_kib(Path(f"/proc/{each}/smaps_rollup").read_text(), "Pss") for each in family(pid))


def resident_kib(pid: int) -> int:
    """Resident set size of the process and its descendants: shared pages are counted by each."""
    return sum(parse_kib(Path(f"/proc/{each}/smaps_rollup").read_text(), "Rss") for each in family(pid))


def parse_kib(rollup: str, figure: str) -> int:
    """One line of a `smaps_rollup`, as `Pss:`, in KiB."""
    for line in rollup.splitlines():
        name, _, value = line.partition(":")
        if name == figure:
            return int(value.split()[0])
    raise ValueError(f"no {figure} line in smaps_rollup")
