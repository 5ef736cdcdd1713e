"""One entry of `model_list`, key by key."""

from pathlib import Path

import pytest

from isthmus.migrate.haul import NewPrice
from migrate.reading import keys_of, of_yaml, provider, read, said

FIRST = "model_list[0]"
PARAMS = f"{FIRST}.litellm_params"


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        ("carried", f"{PARAMS}.rpm", "`requests_per_minute` 60"),
        ("carried", f"{PARAMS}.tpm", "`tokens_per_minute` 90000"),
        ("carried", f"{PARAMS}.rpd", "`requests_per_day` 5000"),
        ("carried", f"{PARAMS}.tpd", "`tokens_per_day` 1000000"),
        ("carried", f"{PARAMS}.timeout", "`timeout_s` 120"),
        ("carried", f"{PARAMS}.max_parallel_requests", "`max_concurrency` 8"),
        ("carried", f"{PARAMS}.input_cost_per_token", "price of claude-sonnet-4-5-20250929"),
        ("carried", f"{FIRST}.model_info.max_tokens", "max_output_tokens 64000"),
        ("carried", f"{FIRST}.model_info.max_input_tokens", "context_window 200000"),
        ("carried", f"{FIRST}.model_info.supports_vision", "vision true"),
        ("carried", "model_list[1].litellm_params.extra_headers", "X-Title"),
        ("carried", "model_list[1].litellm_params.order", "`priority` 2"),
        ("carried", "model_list[2].litellm_params.weight", "`weight` 3"),
        ("carried", "model_list[3].rpm", "`requests_per_minute` 10"),
        ("carried", "model_list[5].litellm_params.organization", "OpenAI-Organization"),
        ("carried", "model_list[7].litellm_params.litellm_credential_name", "'groq_key'"),
        ("changed", f"{PARAMS}.api_key", "ANTHROPIC_API_KEY"),
        ("changed", "model_list[1].litellm_params.weight", "0.5 becomes 50"),
        ("changed", "model_list[5].litellm_params.model", "taken as one of openai's"),
        ("left_out", f"{PARAMS}.itpm", "tokens_per_minute"),
        ("left_out", f"{PARAMS}.otpm", "tokens_per_minute"),
        ("left_out", f"{PARAMS}.stream_timeout", "idle_timeout_s"),
        ("left_out", f"{PARAMS}.temperature", "no default call parameters"),
        ("left_out", f"{PARAMS}.max_tokens", "no default call parameters"),
        ("left_out", f"{PARAMS}.tags", "not routed by tag"),
        ("left_out", f"{PARAMS}.max_budget", "budgets"),
        ("left_out", f"{PARAMS}.budget_duration", "budgets"),
        ("left_out", f"{FIRST}.model_info.base_model", "capabilities"),
        ("left_out", f"{FIRST}.model_info.supports_prompt_caching", "capabilities"),
        (
            "left_out",
            "model_list[8].litellm_params.litellm_credential_name",
            "'missing' is not in `credential_list`",
        ),
        ("left_out", "model_list[16].litellm_params.aws_access_key_id", "sign-in"),
        ("left_out", "model_list[17].litellm_params.mock_response", "answers by itself"),
        ("left_out", "model_list[18]", "no chat"),
        ("left_out", "model_list[19]", "make an API key"),
        ("left_out", "model_list[20]", "make an API key"),
        ("left_out", "model_list[21]", "'image_generation'"),
        ("left_out", "model_list[22].model_name", "needs `model_name`"),
        ("left_out", "model_list[23]", "expected a mapping"),
        ("unknown", f"{FIRST}.invented", ""),
        ("unknown", f"{PARAMS}.invented", ""),
        ("unknown", f"{FIRST}.model_info.invented", ""),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    (line,) = said(read("litellm").report, where, what)
    assert text in line


def test_prices_are_per_million() -> None:
    assert read("litellm").prices == [NewPrice("claude-sonnet-4-5-20250929", {"input": 3.0, "output": 15.0})]


def test_capabilities_go_by_the_upstreams_name() -> None:
    assert provider(read("litellm"), "anthropic").settings["capabilities"] == {
        "claude-sonnet-4-5-20250929": {
            "context_window": 200_000,
            "max_output_tokens": 64_000,
            "vision": True,
            "tools": True,
        }
    }


@pytest.mark.parametrize(
    ("params", "base"),
    [
        ("model: ollama/llama, api_base: 'http://127.0.0.1:11434'", "http://127.0.0.1:11434/v1"),
        ("model: ollama_chat/llama, api_base: 'http://10.0.0.1:11434/v1/'", "http://10.0.0.1:11434/v1"),
        ("model: ollama/llama", "http://localhost:11434/v1"),
        ("model: openai/x, api_base: 'http://a.example/v1/chat/completions'", "http://a.example/v1"),
        ("model: anthropic/x, api_base: 'http://a.example/v1/messages'", "http://a.example"),
        ("model: openai/x, api_base: os.environ/BASE", "http://env.example/v1"),
        ("model: openai/x", "http://openai.example/v1"),
        ("model: deepseek/x", None),
    ],
)
def test_addresses(tmp_path: Path, params: str, base: str | None) -> None:
    env = {"BASE": "http://env.example/v1", "OPENAI_API_BASE": "http://openai.example/v1"}
    text = f"model_list: [{{model_name: a, litellm_params: {{{params}, api_key: sk-a-1}}}}]"
    (found,) = of_yaml("litellm", tmp_path, text, env=env).providers
    assert found.settings.get("base_url") == base
    assert found.enabled


def test_without_a_written_key_the_vendors_variable_counts(tmp_path: Path) -> None:
    text = "model_list: [{model_name: a, litellm_params: {model: groq/x}}]"
    assert keys_of(of_yaml("litellm", tmp_path, text, env={"GROQ_API_KEY": "gsk-env-1"}), "groq") == [
        "gsk-env-1"
    ]
    haul = of_yaml("litellm", tmp_path, text, env={})
    assert "GROQ_API_KEY is not set" in said(haul.report, "left_out", f"{PARAMS}.api_key")[0]
    assert not haul.providers[0].enabled


def test_half_a_price_is_left_out(tmp_path: Path) -> None:
    params = "model: openai/x, api_key: sk-a-1, input_cost_per_token: 0.000003"
    haul = of_yaml("litellm", tmp_path, f"model_list: [{{model_name: a, litellm_params: {{{params}}}}}]")
    (line,) = said(haul.report, "left_out", f"{PARAMS}.input_cost_per_token")
    assert "lacks output" in line
    assert haul.prices == []
