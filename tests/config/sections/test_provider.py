from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.sections.provider import ProviderSettings
from isthmus.core.secret import Secret


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
