"""Transformers of claude-code-router, each with what becomes of it."""

import pytest

from isthmus.migrate.claude_code_router_transformers import read_transformers
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Report
from migrate.reading import provider, read

CARRIED = "deepseek openrouter groq cerebras vercel OpenAI reasoning streamoptions cleancache maxcompletiontokens Anthropic"


@pytest.mark.parametrize("name", CARRIED.split())
def test_what_needs_nothing_is_carried(name: str) -> None:
    report = Report()
    read_transformers(Entry({"use": [name]}, report, "t"))
    assert [line.what for line in report.carried] == [f"t.use.{name}"]
    assert report.left_out == []


@pytest.mark.parametrize(
    "use",
    [
        "forcereasoning",
        "tooluse",
        "enhancetool",
        "sampling",
        ["customparams", {"a": 1}],
        ["openrouter", {"provider": {}}],
        "mine",
    ],
)
def test_what_has_no_counterpart_is_left_out(use: object) -> None:
    report = Report()
    read_transformers(Entry({"use": [use]}, report, "t"))
    assert len(report.left_out) == 1
    assert report.carried == []


def test_limits_of_provider_and_model_become_capabilities() -> None:
    settings = provider(read("claude-code-router"), "deepseek").settings
    assert settings["capabilities"] == {
        "*": {"max_output_tokens": 65_536},
        "deepseek-chat": {"max_output_tokens": 8192},
    }
    assert settings["quirks"] == {"max_tokens_field": "max_completion_tokens"}


@pytest.mark.parametrize(
    ("use", "is_anthropic"), [(["Anthropic"], True), (["Anthropic", "tooluse"], False), ([], False)]
)
def test_the_sole_transformer_of_anthropic_chooses_the_type(use: list[str], is_anthropic: bool) -> None:
    assert read_transformers(Entry({"use": use}, Report())).is_anthropic is is_anthropic
