from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.settings import (
    CompressionSettings,
    ProviderCompressionSettings,
    ProviderSettings,
    Settings,
    StreamSettings,
)
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = Settings()
    assert (settings.server.host, settings.server.port, settings.server.max_body_mib) == (
        "127.0.0.1",
        8000,
        32,
    )
    assert settings.server.cors_origins == ()
    assert settings.api_keys == ()
    assert settings.providers == {}
    assert (settings.streams.commit_after_s, settings.streams.keepalive_s) == (10, 15)
    assert not settings.images.allow_private_networks
    provider = ProviderSettings()
    assert provider.type == "openai-compatible"
    assert provider.loss_policy is Policy.REPAIR
    assert not provider.api_key
    assert (provider.connect_timeout_s, provider.first_byte_timeout_s, provider.idle_timeout_s) == (
        10,
        300,
        300,
    )


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().server.port = 1  # type: ignore[misc]


def test_defaults_are_not_shared() -> None:
    assert ProviderSettings().models is not ProviderSettings().models


def test_models_are_a_mapping_or_a_list_in_their_order() -> None:
    listed = ProviderSettings.model_validate({"models": ["b", "a"]})
    assert list(listed.models.items()) == [("b", "b"), ("a", "a")]
    mapped = ProviderSettings.model_validate({"models": {"claude-*": "b", "x": "a"}})
    assert list(mapped.models.items()) == [("claude-*", "b"), ("x", "a")]


@pytest.mark.parametrize("models", [[1], "a", {"a": ""}, {"": "a"}, {"a": ["b"]}])
def test_other_forms_of_models_are_refused(models: object) -> None:
    with pytest.raises(ValidationError):
        ProviderSettings.model_validate({"models": models})


def test_headers_and_proxy_are_kept_as_secrets() -> None:
    provider = ProviderSettings.model_validate(
        {"headers": {"x-title": "hunter2"}, "proxy": "http://u:hunter2@h:1", "api_key": "hunter2"}
    )
    assert provider.headers["x-title"] == Secret("hunter2")
    assert "hunter2" not in f"{provider!r}{provider.model_dump()}{provider.model_dump_json()}"


def test_quirks_are_left_to_the_vendor_table() -> None:
    quirks = {"max_tokens_field": "max_completion_tokens", "nested": {"a": [1]}}
    assert ProviderSettings.model_validate({"quirks": quirks}).quirks == quirks


def test_capabilities_become_rules_in_their_order() -> None:
    provider = ProviderSettings.model_validate(
        {"capabilities": {"*": {"vision": False}, "qwen*": {"vision": True, "effort": ["low"]}}}
    )
    rules = provider.rules()
    assert [rule.pattern for rule in rules] == ["*", "qwen*"]
    assert rules[1].changes == {"vision": True, "efforts": ("low",)}


@pytest.mark.parametrize("seconds", [0, -1, 15.1, True])
def test_keep_alives_cannot_be_rarer_than_15_s(seconds: object) -> None:
    with pytest.raises(ValidationError):
        StreamSettings.model_validate({"keepalive_s": seconds})


def test_a_provider_compresses_as_all_do_unless_it_says_otherwise() -> None:
    general = CompressionSettings(method="clip", at=0.5, model="fast")
    assert ProviderSettings().compression.over(general) == general
    own = ProviderCompressionSettings(method="off", keep_turns=9).over(general)
    assert (own.method, own.keep_turns, own.at, own.model) == ("off", 9, 0.5, "fast")


@pytest.mark.parametrize(
    "said", [{"method": "shrink"}, {"at": 0}, {"at": 1.1}, {"keep_turns": 0}, {"clip_to_chars": 10}]
)
def test_compression_without_sense_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CompressionSettings.model_validate(said)
