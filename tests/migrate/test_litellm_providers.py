"""How deployments become providers and accounts."""

from pathlib import Path

import pytest

from migrate.reading import keys_of, of_yaml, provider, read, said


def test_deployments_with_one_key_are_one_account_and_pools_of_keys_one_provider() -> None:
    haul = read("litellm")
    assert keys_of(haul, "deepseek") == ["sk-deepseek-CANARY-1", "sk-deepseek-CANARY-2"]
    assert provider(haul, "deepseek").settings == {
        "models": {"pooled": "deepseek-chat"},
        "vendor": "deepseek",
    }
    assert keys_of(haul, "groq") == ["gsk-CANARY-groq"]
    assert keys_of(haul, "groq-2") == ["gsk-CANARY-lost"]
    assert keys_of(haul, "hosted_vllm") == [""]
    assert provider(haul, "hosted_vllm").settings["models"] == {"local-*": "*"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mistral", "NOT_SET is not set"),
        ("moonshot", "another store of secrets"),
        ("dashscope", "no key"),
        ("xai", "address of xai is not known"),
        ("unknown", "no vendor is named"),
        ("azure", "does not speak azure's API"),
        ("bedrock", "aws_access_key_id"),
        ("openai-2", "mock_response"),
    ],
)
def test_what_cannot_work_is_stored_switched_off_with_the_reason(name: str, reason: str) -> None:
    found = provider(read("litellm"), name)
    assert not found.enabled
    assert reason in (found.reason or "")


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        (
            "changed",
            "model_list",
            "'claude-sonnet' was one pool; here 'anthropic' serves it, and openrouter by path",
        ),
        ("left_out", "model_list[6]", "'gpt' stands for 'gpt-4o' with the same key"),
        ("left_out", "model_list[9].litellm_params.api_key", "NOT_SET"),
        ("left_out", "model_list[11]", "is masked"),
        ("carried", "model_list[3]", "'pooled' of provider 'deepseek'"),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    assert any(text in line for line in said(read("litellm").report, where, what))


def test_limits_of_deployments_with_one_key_add_up(tmp_path: Path) -> None:
    haul = of_yaml(
        "litellm",
        tmp_path,
        "model_list:\n"
        "- {model_name: a, litellm_params: {model: groq/a, api_key: gsk-1234567, rpm: 10, tpm: 5, weight: 2, order: 3}}\n"
        "- {model_name: b, litellm_params: {model: groq/b, api_key: gsk-1234567, rpm: 20, weight: 7, order: 1}}\n",
    )
    (account,) = haul.accounts
    assert (account.requests_per_minute, account.tokens_per_minute) == (30, None)
    assert (account.weight, account.priority) == (7, 1)
    assert haul.providers[0].settings["models"] == {"a": "a", "b": "b"}
    assert "limits of 2 deployments" in said(haul.report, "changed", "model_list[0]")[0]


def test_shares_by_tokens_keep_their_proportion(tmp_path: Path) -> None:
    haul = of_yaml(
        "litellm",
        tmp_path,
        "model_list:\n"
        "- {model_name: a, litellm_params: {model: groq/a, api_key: gsk-1234567, tpm: 90000}}\n"
        "- {model_name: a, litellm_params: {model: groq/a, api_key: gsk-7654321, tpm: 30000}}\n",
    )
    assert [each.weight for each in haul.accounts] == [10_000, 3333]
    assert "30000 becomes 3333" in said(haul.report, "changed", "account 'a'")[1]


def test_the_longest_time_out_of_a_provider_counts(tmp_path: Path) -> None:
    haul = of_yaml(
        "litellm",
        tmp_path,
        "model_list:\n"
        "- {model_name: a, litellm_params: {model: groq/a, api_key: gsk-1234567, timeout: 10}}\n"
        "- {model_name: b, litellm_params: {model: groq/b, api_key: gsk-1234567, timeout: 20}}\n",
    )
    assert haul.providers[0].settings["timeout_s"] == 20
