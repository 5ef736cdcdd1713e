"""What the log says in a word, the console explains in two languages: every class of failure, and everything that may be lost."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isthmus.core.errors import Kind
from isthmus.core.losses import Action

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "isthmus"
EXPLAINED: dict[str, Any] = json.loads(
    (ROOT / "console" / "src" / "pages" / "requests" / "explanations.json").read_text("utf-8")
)
CHINESE = re.compile("[\u4e00-\u9fff]")

# Names that code finds only while it runs, and what they may be. Those of blocks and settings that one vendor alone
# knows have no end: they are explained together.
FOUND_WHILE_RUNNING = {
    "MESSAGES": {"messages"},
    "kind": {"image", "document"},
    "word": {"image", "document"},
    "name": {"temperature", "top_p", "top_k", "user", "service_tier", "seed"},
    "where": set(),
}


def losses() -> Iterator[tuple[str, ast.expr]]:
    """The first argument of whatever notes a loss, with the file it is in."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > 1:
                called = node.func
                if (isinstance(called, ast.Name) and called.id == "Loss") or (
                    isinstance(called, ast.Attribute) and called.attr == "lost"
                ):
                    yield file.name, node.args[0]


def is_explained(field: str) -> bool:
    return field in EXPLAINED["losses"] or field.startswith(tuple(EXPLAINED["lossesBeginning"]))


def unexplained(field: ast.expr) -> set[str]:
    """Names that this expression may give and nobody explains."""
    match field:
        case ast.Constant(value=str(name)):
            names = {name}
        case ast.JoinedStr(values=[ast.Constant(value=str(beginning)), *_]):
            names = {f"{beginning}whatever"}
        case ast.Name(id=id) if id in FOUND_WHILE_RUNNING:
            names = FOUND_WHILE_RUNNING[id]
        case _:
            names = {ast.unparse(field)}
    return {name for name in names if not is_explained(name)}


def test_every_loss_is_explained() -> None:
    found = list(losses())
    assert len(found) > 100
    missing = {(file, name) for file, field in found for name in unexplained(field)}
    assert not missing, f"explain them in explanations.json: {sorted(missing)}"


@pytest.mark.parametrize("field", ["'a_field_nobody_explains'", "some_new_name", "f'{x}.y'", "f'odd.{x}'"])
def test_a_loss_that_nobody_explains_is_seen(field: str) -> None:
    assert unexplained(ast.parse(field, mode="eval").body)


def test_no_explanation_is_of_something_that_cannot_be_lost() -> None:
    fields = [field for _, field in losses()]
    literal = {field.value for field in fields if isinstance(field, ast.Constant)}
    assert set(EXPLAINED["losses"]) <= literal.union(*FOUND_WHILE_RUNNING.values())


def test_every_class_of_failure_and_every_action_is_explained() -> None:
    assert list(EXPLAINED["errors"]) == [each.value for each in Kind]
    assert list(EXPLAINED["actions"]) == [each.value for each in Action]


def texts(node: Any) -> Iterator[dict[str, Any]]:
    if "en" in node:
        yield node
    else:
        for each in node.values():
            yield from texts(each)


def test_explanations_are_there_in_both_languages() -> None:
    found = list(texts(EXPLAINED))
    assert len(found) > 60
    for each in found:
        assert each["en"].keys() == each["zh"].keys()
        assert {"what", "do"} & each["en"].keys()
        assert all(CHINESE.search(text) for text in each["zh"].values()), each
        assert all(text and not CHINESE.search(text) for text in each["en"].values()), each
