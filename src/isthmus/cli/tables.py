"""Tables that lose nothing, whether a person reads them or a program does."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

MAX_WIDTH: Final = 10_000


def print_table(console: Console, table: Table) -> None:
    """Within the width of a terminal, where a long word goes on below itself instead of being cut.

    A file or a pipe has no width, and gets a line per row.
    """
    for column in table.columns:
        column.overflow = "fold"
    if console.is_terminal:
        console.print(table)
    else:
        print_whole(console, table)


def print_whole(console: Console, table: Table) -> None:
    """A line per row: a terminal that is too narrow wraps it."""
    natural = Measurement.get(console, console.options.update(width=MAX_WIDTH), table).maximum
    console.width = max(natural, console.width)
    console.print(table)
