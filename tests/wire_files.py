"""A wire fixture nobody loads fails the suite: evidence that is not looked at proves nothing.

A pytest plugin. It watches which files below `tests/wire` are opened, and speaks up at the end of a run of the whole suite,
in one process or in several (pytest-xdist); a run of some of the tests cannot know.
"""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

WIRE = Path(__file__).parent / "wire"
CAPTURES = frozenset({".json", ".jsonl", ".ndjson", ".sse", ".bin", ".txt"})
opened: set[str] = set()


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """The audit hook: note what is opened."""
    if event == "open":
        path = arguments[0]
        if isinstance(path, str) and "wire" in path:
            opened.add(os.path.realpath(path))


def never_opened(folder: Path, seen: set[str]) -> list[Path]:
    """The captures below `folder` that are not among the files `seen`."""
    captures = (file for file in folder.rglob("*") if file.suffix in CAPTURES)
    return sorted(file for file in captures if os.path.realpath(file) not in seen)


def is_whole_suite(config: pytest.Config) -> bool:
    """Whether this run was asked for every test there is, and this is the process that sums it up."""
    options = config.option
    partial = options.keyword or options.markexpr or getattr(options, "deselect", None) or options.collectonly
    in_part = hasattr(config, "workerinput") or getattr(options, "lf", False)
    return config.args == config.getini("testpaths") and not partial and not in_part


def pytest_configure() -> None:
    sys.addaudithook(watch)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker of pytest-xdist has ended: what it opened counts."""
    opened.update(getattr(node, "workeroutput", {}).get("opened", ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["opened"] = sorted(opened)
    if exitstatus != pytest.ExitCode.OK or not is_whole_suite(session.config):
        return
    unused = never_opened(WIRE, opened)
    if unused:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for file in unused if reporter is not None else ():
            reporter.write_line(f"FAILED no test loads {file.relative_to(WIRE.parent.parent)}", red=True)
