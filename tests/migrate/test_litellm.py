"""LiteLLM's router, settings and master key; models are in test_litellm_deployment.py and test_litellm_providers.py."""

from pathlib import Path

import pytest

from migrate.reading import of_yaml, provider, read, said

MODEL = "model_list: [{model_name: a, litellm_params: {model: openai/gpt-4o, api_key: sk-a-1}}]\n"


def test_settings_of_router_and_proxy() -> None:
    haul = read("litellm")
    assert haul.settings == {
        "accounts.strategy": "least-loaded",
        "accounts.max_attempts": 3,
        "defaults.timeout_s": 300.0,
        "defaults.loss_policy": "strict",
    }
    assert haul.aliases == {"gpt-4": "claude-sonnet", "hidden": "gpt"}
    (key,) = haul.keys
    assert key.secret is not None
    assert (key.name, key.secret.reveal(), key.max_concurrency) == ("litellm", "sk-master-CANARY", 20)


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        ("changed", "router_settings.routing_strategy", "'least-loaded'"),
        ("changed", "router_settings.model_group_alias.hidden", "and listed"),
        ("changed", "num_retries", "2 retries become `accounts.max_attempts` 3"),
        ("changed", "general_settings.master_key", "no administrator"),
        ("changed", "general_settings.max_request_size_mb", "`server.max_body_mib: 16`"),
        ("carried", "router_settings.model_group_alias.gpt-4", "'claude-sonnet'"),
        ("carried", "router_settings.timeout", "300"),
        ("carried", "litellm_settings.drop_params", "false becomes `defaults.loss_policy` 'strict'"),
        ("carried", "general_settings.master_key", "API key 'litellm'"),
        ("carried", "general_settings.max_parallel_requests", "20"),
        ("carried", "include more/models.yaml", "read"),
        ("left_out", "include missing.yaml", "cannot be read"),
        ("left_out", "environment_variables", "GROQ, REDIS_HOST"),
        ("left_out", "router_settings.model_group_alias.self", "by hand"),
        ("left_out", "router_settings.fallbacks", "stays with its provider"),
        ("left_out", "router_settings.default_fallbacks", "stays with its provider"),
        ("left_out", "router_settings.context_window_fallbacks", "stays with its provider"),
        ("left_out", "router_settings.content_policy_fallbacks", "stays with its provider"),
        ("left_out", "router_settings.retry_after", "rest"),
        ("left_out", "router_settings.allowed_fails", "rest"),
        ("left_out", "router_settings.cooldown_time", "rest"),
        ("left_out", "router_settings.disable_cooldowns", "rest"),
        ("left_out", "router_settings.redis_url", "limits.redis_url"),
        ("left_out", "router_settings.redis_password", "limits.redis_url"),
        ("left_out", "router_settings.cache_responses", "cache.enabled"),
        ("left_out", "litellm_settings.request_timeout", "300 s counts"),
        ("left_out", "litellm_settings.callbacks", "call-backs"),
        ("left_out", "litellm_settings.cache_params", "cache.enabled"),
        ("left_out", "litellm_settings.set_verbose", "logging.level"),
        ("left_out", "general_settings.global_max_parallel_requests", "max_concurrency"),
        ("left_out", "general_settings.database_url", "create them anew"),
        ("left_out", "general_settings.store_model_in_db", "create them anew"),
        ("left_out", "general_settings.custom_auth", "not run"),
        ("left_out", "general_settings.pass_through_endpoints", "pass_through"),
        ("left_out", "general_settings.alerting", "metrics"),
        ("left_out", "mcp_servers", "no such thing"),
        ("left_out", "guardrails", "no such thing"),
        ("left_out", "callback_settings", "no such thing"),
        ("unknown", "router_settings.invented", ""),
        ("unknown", "litellm_settings.invented", ""),
        ("unknown", "general_settings.invented", ""),
        ("unknown", "invented", ""),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    (line,) = said(read("litellm").report, where, what)
    assert text in line


@pytest.mark.parametrize(
    ("theirs", "ours", "where"),
    [
        ("simple-shuffle", "weighted", "carried"),
        ("least-busy", "least-loaded", "changed"),
        ("latency-based-routing", "least-loaded", "changed"),
        ("usage-based-routing", "round-robin", "changed"),
        ("usage-based-routing-v2", "round-robin", "changed"),
        ("cost-based-routing", "weighted", "changed"),
        ("lar1", "weighted", "changed"),
    ],
)
def test_strategies(tmp_path: Path, theirs: str, ours: str, where: str) -> None:
    haul = of_yaml("litellm", tmp_path, f"{MODEL}router_settings: {{routing_strategy: {theirs}}}")
    assert haul.settings["accounts.strategy"] == ours
    assert len(said(haul.report, where, "router_settings.routing_strategy")) == 1


@pytest.mark.parametrize(
    ("word", "policy"), [("true", "repair"), ("yes", "repair"), ("False", "strict"), ("off", "strict")]
)
def test_words_that_its_parser_takes_for_booleans(tmp_path: Path, word: str, policy: str) -> None:
    haul = of_yaml("litellm", tmp_path, f"{MODEL}litellm_settings: {{drop_params: {word}}}")
    assert haul.settings == {"defaults.loss_policy": policy}


@pytest.mark.parametrize(
    ("retries", "attempts"),
    [("router_settings: {num_retries: 0}", 1), ("litellm_settings: {num_retries: 99}", 20)],
)
def test_retries_become_attempts(tmp_path: Path, retries: str, attempts: int) -> None:
    assert of_yaml("litellm", tmp_path, MODEL + retries).settings == {"accounts.max_attempts": attempts}


def test_a_master_key_in_the_environment_is_found_and_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert of_yaml("litellm", tmp_path, MODEL, env={"LITELLM_MASTER_KEY": "sk-from-environment"}).keys
    haul = of_yaml("litellm", tmp_path, MODEL + "general_settings: {master_key: os.environ/NOT_SET}")
    assert haul.keys == []
    assert "NOT_SET is not set" in said(haul.report, "left_out", "general_settings.master_key")[0]
    assert of_yaml("litellm", tmp_path, MODEL, env={}).keys == []


def test_variables_of_the_file_come_before_those_of_the_process(tmp_path: Path) -> None:
    text = (
        "model_list: [{model_name: a, litellm_params: {model: groq/x, api_key: os.environ/K}}]\n"
        "environment_variables: {K: gsk-file-1}"
    )
    haul = of_yaml("litellm", tmp_path, text, env={"K": "gsk-process-1"})
    assert haul.accounts[0].credential["api_key"].reveal() == "gsk-file-1"


def test_the_end_warns_of_what_a_database_may_hold() -> None:
    closing = read("litellm").report.closing
    assert "Write into isthmus.yaml: server: {max_body_mib: 16}" in closing
    assert any("only a part" in line for line in closing)


def test_included_models_are_there() -> None:
    assert provider(read("litellm"), "together_ai").settings["models"] == {"included": "x"}


def test_a_limit_of_keys_needs_a_key(tmp_path: Path) -> None:
    haul = of_yaml("litellm", tmp_path, MODEL + "general_settings: {max_parallel_requests: 5}", env={})
    assert "no key to limit" in said(haul.report, "left_out", "general_settings.max_parallel_requests")[0]
