from __future__ import annotations

import json

import pytest

from isthmus.dialects.anthropic.published import contract_of


@pytest.mark.parametrize(
    ("tool_type", "wanted", "known"),
    [
        ("bash_20250124", [], {"command", "restart"}),
        (
            "text_editor_20250728",
            ["command", "path"],
            {
                "command",
                "path",
                "file_text",
                "old_str",
                "new_str",
                "insert_line",
                "insert_text",
                "view_range",
            },
        ),
        (
            "memory_20250818",
            ["command"],
            {"command", "path", "old_path", "new_path", "file_text", "insert_text"},
        ),
    ],
)
def test_the_published_parameters(tool_type: str, wanted: list[str], known: set[str]) -> None:
    contract = contract_of(tool_type)
    assert contract is not None
    schema = json.loads(contract.schema)
    assert schema["type"] == "object"
    assert schema["required"] == wanted
    assert known <= schema["properties"].keys()
    assert all("description" in each for each in schema["properties"].values())
    assert contract.description


@pytest.mark.parametrize(
    "tool_type", ["web_search_20250305", "bash", "bash_code_execution_20250825", "custom", ""]
)
def test_other_types_have_no_contract(tool_type: str) -> None:
    assert contract_of(tool_type) is None
