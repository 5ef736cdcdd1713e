"""What holds of every reader of another program's files."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.source import Options

Read = Callable[[Path, Options], Haul]


def state(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file below it, by content and time of change."""
    return {
        str(file.relative_to(folder)): (
            hashlib.sha256(file.read_bytes()).hexdigest(),
            file.stat().st_mtime_ns,
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def lines_of(haul: Haul) -> list[Line]:
    report = haul.report
    return [*report.carried, *report.changed, *report.left_out, *report.unknown]


def said(lines: Iterable[Line], what: str) -> str:
    """All that a list says of a key."""
    return "; ".join(line.text for line in lines if line.what == what)


def in_all(haul: Haul, what: str) -> set[str]:
    """Names of the lists that mention the key, by itself or as the beginning of a path."""
    lists = {
        "carried": haul.report.carried,
        "changed": haul.report.changed,
        "left_out": haul.report.left_out,
        "unknown": haul.report.unknown,
    }
    return {
        name
        for name, lines in lists.items()
        for line in lines
        if any(
            each.strip() == what or each.strip().startswith((f"{what}.", f"{what}[", f"{what} "))
            for each in line.what.split(",")
        )
    }


def assert_nothing_secret(haul: Haul, secrets: Iterable[str]) -> None:
    """Neither the report nor anything that a log might print shows one."""
    shown = "\n".join(
        [repr(haul), *haul.report.closing, *(f"{line.what} {line.text}" for line in lines_of(haul))]
    )
    for secret in secrets:
        assert secret not in shown, f"the report shows {secret!r}"


def assert_the_same_twice(read: Read, path: Path, options: Options) -> Haul:
    """A reader leaves its source as it was, so that it finds the same again."""
    folder = path if path.is_dir() else path.parent
    before = state(folder)
    first, second = read(path, options), read(path, options)
    assert state(folder) == before
    for each in (first, second):
        each.log_rows = list(each.log_rows)
    assert first == second
    return first
