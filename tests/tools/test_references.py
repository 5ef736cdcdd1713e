"""docs/errors.md and docs/dummy.md say what the code does, all of it."""

import pytest

from isthmus.core.errors import Kind
from isthmus.providers.dummy.models import MODELS
from tools.references import DOCS, MEANINGS, PAGES, dummies, errors, refreshed


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_fresh(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert refreshed(text, page, PAGES[page]()) == text, "run: .venv/bin/python -m tools.references"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_kind_of_failure_has_a_row_that_says_everything() -> None:
    assert set(MEANINGS) == set(Kind)
    rows = {cells(line)[0]: cells(line) for line in errors().splitlines()[2:]}
    assert set(rows) == {f"`{kind}`" for kind in Kind}
    for _, messages, chat, _, when, client in rows.values():
        assert messages[:3].isdigit() and chat[:3].isdigit()
        assert when and client
    assert rows["`overloaded`"][1:3] == ["529 `overloaded_error`", "503 `server_error`, code `overloaded`"]
    assert rows["`authentication`"][3] == "`false`"


def test_every_model_of_the_dummy_has_a_row() -> None:
    rows = [cells(line) for line in dummies().splitlines()[2:]]
    assert [name for name, _ in rows] == [f"`{name}`" for name in MODELS]
    assert all(said for _, said in rows)


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="the document lacks"):
        refreshed("# nothing", "errors", "text")
