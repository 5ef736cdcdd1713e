"""docs/admin-api.md says what the API does: its tables are fresh, and its examples answer as they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from assembled import script
from cli.gateways import gateway
from isthmus.admin.document import operations
from isthmus.admin.errors import STATUS
from isthmus.control.people import Role
from tools.openapi import PAGE, document, errors, page, said, tables

EXAMPLE = re.compile(
    r"^`(?P<method>[A-Z]+) (?P<path>\S+)`\n\n(?:```json\n(?P<body>.*?)\n```\n\n)?"
    r"answers (?P<status>\d{3})[^\n]*:\n\n```json\n(?P<answer>.*?)\n```$",
    re.DOTALL | re.MULTILINE,
)


class Example(NamedTuple):
    method: str
    path: str
    body: str | None
    status: str
    answer: str


EXAMPLES = [Example(**found.groupdict()) for found in EXAMPLE.finditer(PAGE.read_text(encoding="utf-8"))]


async def test_the_page_is_fresh() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, await document()) == text, "run: .venv/bin/python -m tools.openapi"


async def test_every_operation_has_a_row_with_its_role() -> None:
    served = await document()
    rows = [line for line in tables(served).splitlines() if line.startswith("| `")]
    assert len(rows) == len(list(operations(served)))
    assert "| `GET` | `/v2/setup` | none | Read setup. " in "\n".join(rows)
    assert "| `DELETE` | `/v2/keys/{id}` | admin | Delete key. With what it used. |" in rows


def test_every_code_has_a_row() -> None:
    for code, status in STATUS.items():
        assert f"| {status} | `{code}` |" in errors()


def test_what_is_said_of_an_operation_is_its_first_sentence() -> None:
    assert said({"summary": "List keys", "description": "Newest\nfirst. Holders see own."}) == (
        "List keys. Newest first."
    )
    assert said({"summary": "Get key"}) == "Get key."


def shape(value: Any) -> Any:
    """What stays the same whenever an example is tried again: names, kinds of values, lengths of lists."""
    match value:
        case dict():
            return {name: shape(each) for name, each in value.items()}
        case list():
            return [shape(each) for each in value]
        case _:
            return type(value).__name__


def test_there_are_examples() -> None:
    assert [example.status for example in EXAMPLES] == ["201", "422", "200"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each.method} {each.path} {each.status}")
async def test_an_example_answers_as_the_page_says(tmp_path: Path, example: Example) -> None:
    async with gateway(tmp_path) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        reply = await root(example.method, example.path, (example.body or "").encode())
    assert reply.status == int(example.status), reply.body
    said = json.loads(example.answer)
    assert shape(reply.json) == shape(said)
    if "error" in said:
        assert reply.json["error"] | {"request_id": ""} == said["error"] | {"request_id": ""}
