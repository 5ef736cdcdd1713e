"""docs/failures.md and these tests are one: each row is tried, and each test is written down."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = HERE.parent
PAGE = TESTS.parent / "docs" / "failures.md"
COLUMNS = ["fault", "the client gets", "the operator sees", "not lost", "test"]


def rows() -> list[list[str]]:
    """The cells of every row of every table, headings included."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if set(row[0]) != {"-"} and not row[0].startswith("---")]


def names_in(file: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, functions) and node.name.startswith("test_")}


def names_here() -> set[str]:
    others = set(HERE.glob("test_*.py")) - {Path(__file__)}
    return {name for file in others for name in names_in(file)}


FAULTS = [row for row in rows() if row != COLUMNS]


def test_every_table_has_the_same_columns() -> None:
    assert len(FAULTS) >= 20
    assert {len(row) for row in rows()} == {len(COLUMNS)}
    assert all(cell for row in FAULTS for cell in row)


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row[0])
def test_a_row_names_tests_that_there_are(row: list[str]) -> None:
    named = re.findall(r"`(?:([\w/]+\.py)::)?(\w+)`", row[-1])
    assert named
    for file, name in named:
        assert name in (names_in(TESTS / file) if file else names_here()), f"{name} is no test"


def test_every_test_has_its_row() -> None:
    written_down = {name for row in FAULTS for name in re.findall(r"`(\w+)`", row[-1])}
    assert names_here() - written_down == set()
