"""What the kernel says about a process, and that we end what we start."""

import os
import sys
import time
from pathlib import Path

import pytest

from bench.process import Cores, Process, cpu_s, family, memory_kib, parse_kib, resident_kib, running_on

# Burns in a thread that has ended and in a grandchild: both must be in the account.
BURN = "t=time.process_time()+0.3\nwhile time.process_time()<t: pass\n"
THREAD_THEN_CHILD = f"""
import subprocess, sys, threading, time
burn = {BURN!r}
thread = threading.Thread(target=exec, args=(burn, {{'time': time}}))
thread.start(); thread.join()
subprocess.run([sys.executable, "-c", "import time\\n" + burn + "print('ready', flush=True); time.sleep(60)"])
"""


def await_ready(process: Process) -> None:
    deadline = time.monotonic() + 60
    while "ready" not in process.log.read_text():
        assert not process.has_ended, process.last_words()
        assert time.monotonic() < deadline, process.last_words()
        time.sleep(0.02)


def test_cpu_of_ended_threads_and_of_children_is_counted(tmp_path: Path) -> None:
    with Process([sys.executable, "-c", THREAD_THEN_CHILD], tmp_path / "log", None) as process:
        await_ready(process)
        pids = family(process.pid)
        used = cpu_s(process.pid)
        assert len(pids) == 2
        assert 0.6 <= used < 20
        assert 1000 < memory_kib(process.pid) <= resident_kib(process.pid)
        os.kill(pids[1], 15)
    assert process.has_ended


def test_a_process_that_ignores_sigterm_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.process._STOP_S", 0.2)
    stubborn = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    with Process([sys.executable, "-c", stubborn], tmp_path / "log", None) as process:
        await_ready(process)
    assert process.has_ended


def test_cpu_grows_by_the_work_done() -> None:
    before, own = cpu_s(os.getpid()), time.process_time()
    while time.process_time() - own < 0.05:
        pass
    assert 0.05 <= cpu_s(os.getpid()) - before < 5


def test_pss_is_read_and_not_pss_dirty() -> None:
    rollup = "55c9-7fff ---p 0 00:00 0 [rollup]\nRss:  13672 kB\nPss:   9338 kB\nPss_Dirty:   6888 kB\n"
    assert parse_kib(rollup, "Pss") == 9338
    assert parse_kib(rollup, "Rss") == 13672
    with pytest.raises(ValueError, match="no Pss"):
        parse_kib("Rss: 1 kB\nPss_Dirty: 2 kB\n", "Pss")


def test_a_core_is_borrowed_and_given_back() -> None:
    before = os.sched_getaffinity(0)
    with running_on(min(before)):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize(
    ("cores", "expected"),
    [({5}, (None, None, None)), ({0, 1}, (0, 0, 1)), ({2, 3, 7}, (2, 3, 7)), ({0, 1, 2, 3}, (0, 1, 3))],
)
def test_the_subject_has_a_core_of_its_own_where_there_are_two(
    cores: set[int], expected: tuple[int | None, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: cores)
    found = Cores.of_this_machine()
    assert (found.client, found.upstream, found.subject) == expected
