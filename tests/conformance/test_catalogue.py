from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.conformance.catalogue import BEYOND, SUITE_ONLY, Row, rows, table
from isthmus.conformance.run import CASES

ROOT = Path(__file__).resolve().parents[2]
COUNTS = {"REQ": 28, "RSP": 5, "STR": 21, "ERR": 6, "AUX": 4}


def test_the_list_is_complete_and_in_order() -> None:
    ids = list(dict.fromkeys(row.id for row in rows()))
    assert ids == [f"{group}-{n:02}" for group, count in COUNTS.items() for n in range(1, count + 1)]


def test_what_is_beyond_the_command_is_not_also_within() -> None:
    assert {row.id for row in BEYOND}.isdisjoint(case.id for case in CASES)


@pytest.mark.parametrize("row", [row for row in rows() if row.judged == SUITE_ONLY], ids=lambda row: row.id)
def test_the_tests_named_are_there(row: Row) -> None:
    assert row.files, f"{row.id}: say which test judges it"
    for file in row.files:
        assert (ROOT / file).is_file(), f"{row.id} is said to be judged by {file}"


def test_every_row_says_what_and_where() -> None:
    lines = table().splitlines()
    assert len(lines) == len(rows()) + 2
    for line in lines:
        assert len([cell for cell in line.strip("| ").split(" | ") if cell.strip()]) == 3
