"""An account fits its provider, or is told why not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from isthmus import registry
from isthmus.control.account_checks import (
    LATER_TYPES,
    SERVED_TYPES,
    account_problems,
    credential_problems,
    off_reason,
)
from isthmus.core.secret import Secret

TYPES = {"openai": "openai-compatible", "claude": "anthropic", "play": "dummy", "web": "claude-web"}


@pytest.mark.parametrize(
    ("provider", "kind", "credential", "fields"),
    [
        ("openai", "api_key", {"api_key": "sk-1"}, []),
        ("openai", "api_key", {"api_key": ""}, []),  # A local server.
        ("play", "api_key", {"api_key": ""}, []),
        ("web", "session", {"session_key": "s", "device": "d"}, []),
        ("claude", "api_key", {"api_key": ""}, ["credential.api_key"]),
        ("openai", "api_key", {"api_key": "sk-…"}, ["credential.api_key"]),
        ("openai", "api_key", {"key": "sk-1"}, ["credential"]),
        ("openai", "api_key", {"api_key": "sk-1", "more": "x"}, ["credential"]),
        ("openai", "session", {"session_key": "a-session-key"}, ["kind"]),
        ("nobody", "api_key", {"api_key": "sk-1"}, ["provider"]),
    ],
)
def test_what_fits_and_what_does_not(
    provider: str, kind: str, credential: Mapping[str, str], fields: list[str]
) -> None:
    secrets = {name: Secret(value) for name, value in credential.items()}
    problems = list(account_problems(provider, kind, secrets, TYPES))
    assert [each.field for each in problems] == fields
    assert all(value not in str(problems) for value in credential.values() if value)


def test_the_way_out_names_the_providers_there_are() -> None:
    [problem] = account_problems("nobody", "api_key", {"api_key": Secret("x")}, TYPES)
    assert "claude, openai, play, web" in problem.message


def test_a_new_credential_is_checked_alike() -> None:
    assert not list(credential_problems("api_key", {"api_key": Secret("sk-1")}, "anthropic"))
    assert list(credential_problems("api_key", {"api_key": Secret("")}, "anthropic"))


def test_what_is_served_is_what_the_registry_has() -> None:
    assert registry.PROVIDERS.keys() == SERVED_TYPES
    assert not SERVED_TYPES & LATER_TYPES
    assert [type for type in (*SERVED_TYPES, *LATER_TYPES) if off_reason(type)] == [*LATER_TYPES]
