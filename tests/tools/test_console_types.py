"""What the console takes the admin API to be is what it is."""

from __future__ import annotations

import pytest

import judges
from tools import console_types
from tools.console import Node
from tools.openapi import document


@pytest.mark.judge
async def test_the_types_of_the_console_are_fresh() -> None:
    node = Node(judges.node().parents[1])
    judges.required(console_types.GENERATOR, "the console's packages")
    made = console_types.types(await document(), node)
    assert made == console_types.TYPES.read_text("utf-8"), "run `make console-types`"
