"""Which vendor a model of LiteLLM's belongs to."""

import pytest

from isthmus.migrate.litellm_vendors import row_of, take_apart


@pytest.mark.parametrize(
    ("model", "provider", "vendor", "name", "guessed"),
    [
        ("anthropic/claude-sonnet-4-5", None, "anthropic", "claude-sonnet-4-5", False),
        ("openrouter/anthropic/claude", None, "openrouter", "anthropic/claude", False),
        ("hosted_vllm/*", None, "hosted_vllm", "*", False),
        ("gpt-4o", None, "openai", "gpt-4o", True),
        ("o3-mini", None, "openai", "o3-mini", True),
        ("claude-opus-4-5", None, "anthropic", "claude-opus-4-5", True),
        ("mystery", None, "unknown", "mystery", True),
        ("llama", "groq", "groq", "llama", False),
        ("groq/llama", "groq", "groq", "llama", False),
        ("Qwen/Qwen3", "deepinfra", "deepinfra", "Qwen/Qwen3", False),
    ],
)
def test_prefixes(model: str, provider: str | None, vendor: str, name: str, guessed: bool) -> None:
    named = take_apart(model, provider)
    assert (named.vendor, named.model, named.guessed) == (vendor, name, guessed)


@pytest.mark.parametrize("vendor", ["azure", "bedrock", "vertex_ai", "gemini", "cohere", "heard-of-never"])
def test_apis_that_are_not_spoken_are_switched_off(vendor: str) -> None:
    assert vendor in (row_of(vendor).off or "")


@pytest.mark.parametrize("vendor", ["chatgpt", "github_copilot", "cursor"])
def test_logins_are_left_out(vendor: str) -> None:
    assert "API key" in (row_of(vendor).left_out or "")
    assert row_of("text-completion-openai").left_out


def test_a_model_without_any_vendor_is_switched_off() -> None:
    assert take_apart("mystery").row.off
