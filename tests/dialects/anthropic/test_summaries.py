from __future__ import annotations

import json
from typing import Any

import pytest

from isthmus.dialects.anthropic.summaries import summarise

ROWS: list[tuple[str, dict[str, Any], str]] = [
    (
        "server_tool_use",
        {"name": "web_search", "input": {"query": "rain", "n": 2}},
        "[used web_search: query: rain, n: 2]",
    ),
    ("server_tool_use", {"name": "code_execution", "input": {}}, "[used code_execution]"),
    ("server_tool_use", {}, "[used server tool]"),
    (
        "web_search_tool_result",
        {"content": [{"title": "T", "url": "https://u", "encrypted_content": "secret"}, {"title": "V"}]},
        "[web_search result]\ntitle: T\nurl: https://u\ntitle: V",
    ),
    (
        "web_search_tool_result",
        {"content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}},
        "[web_search result]\nerror_code: max_uses_exceeded",
    ),
    (
        "web_fetch_tool_result",
        {
            "content": {
                "url": "https://u",
                "content": {"title": "T", "source": {"type": "text", "data": "page"}},
            }
        },
        "[web_fetch result]\nurl: https://u\ntitle: T\npage",
    ),
    (
        "web_fetch_tool_result",
        {"content": {"url": "https://u", "content": {"source": {"type": "base64", "data": "JVBE"}}}},
        "[web_fetch result]\nurl: https://u",
    ),
    (
        "bash_code_execution_tool_result",
        {"content": {"stdout": "out", "stderr": "err", "return_code": 1, "content": [{"file_id": "f"}]}},
        "[bash_code_execution result]\nout\nstderr: err\nfile_id: f",
    ),
    (
        "tool_search_tool_result",
        {"content": {"tool_references": [{"type": "tool_reference", "tool_name": "WebFetch"}]}},
        "[tool_search result]\ntool_name: WebFetch",
    ),
    (
        "advisor_tool_result",
        {"content": [{"type": "text", "text": "Think twice."}]},
        "[advisor result]\nThink twice.",
    ),
    ("odd_tool_result", {"content": "plain"}, "[odd result]\nplain"),
    ("odd_tool_result", {}, "[odd result]"),
    ("mcp_tool_result", {"content": [{"type": "text", "text": "x"}]}, ""),
    ("mcp_tool_use", {"name": "n", "input": {"a": 1}}, ""),
    ("container_upload", {"file_id": "f"}, ""),
    ("hologram", {"text": "x"}, ""),
]


@pytest.mark.parametrize(("kind", "block", "summary"), ROWS)
def test_what_stands_for_a_block(kind: str, block: dict[str, Any], summary: str) -> None:
    assert summarise(kind, json.dumps(block).encode()) == summary


def test_a_summary_is_a_reminder_not_an_archive() -> None:
    block = {"content": [{"title": str(n)} for n in range(1000)]}
    assert len(summarise("web_search_tool_result", json.dumps(block).encode()).splitlines()) == 201
