from __future__ import annotations

from isthmus import registry
from isthmus.conformance.declared import DECLARED, table


def test_every_declaration_is_of_a_provider_and_said_once() -> None:
    assert {row.upstream for row in DECLARED} <= set(registry.PROVIDERS)
    assert len({(row.upstream, row.field) for row in DECLARED}) == len(DECLARED)


def test_the_table_has_a_row_for_each() -> None:
    lines = table().splitlines()
    assert len(lines) == len(DECLARED) + 2
    assert {line.count(" | ") for line in lines[2:]} == {3}
