from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.config.capabilities import Capabilities
from isthmus.config.fields import Section
from isthmus.config.reference import refreshed, tables, type_words
from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import Settings
from isthmus.config.shape import names_below, section_of, type_at

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_documentation_is_fresh() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert refreshed(text) == text, "run: python -m isthmus.config.reference docs/configuration.md"


def test_every_setting_has_a_row_with_its_meaning_and_variable() -> None:
    rows = {line.split("`")[1]: line for line in tables().splitlines() if line.startswith("| `")}
    expected = fixed_names(Settings) | {f"providers.NAME.{name}" for name in fixed_names(ProviderSettings)}
    expected |= {f"providers.NAME.capabilities.PATTERN.{name}" for name in Capabilities.model_fields}
    assert set(rows) == expected
    for path, row in rows.items():
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 5
        assert all(cells)
        assert cells[4] == f"`ISTHMUS_{path.replace('.', '__').upper()}`"


def test_a_list_that_holds_something_by_default_is_shown() -> None:
    [row] = [line for line in tables().splitlines() if "claude_code.mcp.allowed" in line]
    assert ' | `["*"]` | ' in row


def fixed_names(root: type[Section]) -> set[str]:
    return {".".join(map(str, key)) for key in names_below(root) if not section_of(type_at(root, key))}


def test_types_are_said_in_the_operators_words() -> None:
    assert type_words(type_at(Settings, ("server", "port"))) == "whole number"
    assert type_words(type_at(Settings, ("api_keys",))) == "list of secret"
    assert type_words(type_at(Settings, ("providers", "x", "loss_policy"))) == "`repair`, `strict`"
    assert type_words(type_at(Settings, ("logging", "format"))) == "`auto`, `json`, `console`"


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="the document lacks"):
        refreshed("# nothing")
