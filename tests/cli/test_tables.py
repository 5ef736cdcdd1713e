"""No table loses a word to a narrow terminal."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from isthmus.cli.tables import print_table, print_whole

WORD = "claude-sonnet-4-5-20250929"


def table() -> Table:
    made = Table("Name", "Model", box=None)
    for _ in range(2):
        made.add_row(WORD, WORD)
    return made


@pytest.mark.parametrize("width", [20, 80])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_line_per_row_whatever_the_width(width: int, is_terminal: bool) -> None:
    out = io.StringIO()
    print_whole(Console(file=out, width=width, force_terminal=is_terminal, no_color=True), table())
    assert [line.split() for line in out.getvalue().splitlines()][1:] == [[WORD, WORD], [WORD, WORD]]


def test_a_pipe_has_no_width() -> None:
    out = io.StringIO()
    print_table(Console(file=out, width=20), table())
    assert len(out.getvalue().splitlines()) == 3


def test_a_narrow_terminal_gets_long_words_on_several_lines() -> None:
    out = io.StringIO()
    console = Console(file=out, width=32, force_terminal=True, color_system=None)
    print_table(console, table())
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 32
    assert "".join(line[:16].strip() for line in lines[1:]) == WORD * 2
    assert "…" not in out.getvalue()
