from __future__ import annotations

import pytest

from isthmus.config.checks import check_across, network_problem, notes_on
from isthmus.config.draft import Draft
from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import Settings

LOCAL = {"base_url": "http://127.0.0.1:1/v1"}


SKIPS = {"type": "claude-code", "claude_code": {"file_access": {"skip_permissions": "true"}}}
MEANT = {
    "type": "claude-code",
    "claude_code": {"file_access": {"skip_permissions": True, "allow_on_network": "yes"}},
}


def problems_of(values: dict[str, object]) -> list[str]:
    draft = Draft(values)
    check_across(draft)
    return [str(each) for each in draft.problems]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"server": {"host": "0.0.0.0"}, "api_keys": ["long-enough"]},
        {"server": {"host": "localhost"}},
        {
            "providers": {
                "a": LOCAL,
                "b": {"vendor": "deepseek"},
                "c": {"type": "dummy"},
                "d": {"type": "anthropic"},
            }
        },
        {"providers": {"a": LOCAL}, "default_provider": "a"},
        {"default_provider": "found-at-start"},
        {"aliases": {"fast": "a/fast"}},
        {"mirror": {"enabled": "false"}},
        {"mirror": {"prefix": "/m"}},
        {"providers": {"c": SKIPS}},
        {"providers": {"c": SKIPS}, "server": {"host": "::1"}},
        {"providers": {"c": MEANT}, "server": {"host": "0.0.0.0"}},
        {"providers": {"c": {"claude_code": [], "vendor": "x"}}, "server": {"host": "0.0.0.0"}},
        {
            "providers": {"web": {"type": "claude-web"}},
            "mirror": {"enabled": True, "prefix": "/m", "provider": "web"},
        },
        {"mirror": {"enabled": True, "prefix": "/m", "provider": "stored-later"}},
        {"server": 3, "providers": [1], "default_provider": {}, "aliases": "x"},
    ],
)
def test_what_fits_together_passes(values: dict[str, object]) -> None:
    assert problems_of(values) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"providers": {"a": {}}}, "providers.a: has no address"),
        ({"providers": {"a": {"base_url": "", "type": None}}}, "providers.a: has no address"),
        ({"providers": {"local": LOCAL}, "default_provider": "locl"}, "did you mean 'local'?"),
        ({"providers": {"local": LOCAL}, "default_provider": "zzz"}, "choose one of local"),
        ({"aliases": {"a": "a"}}, "aliases.a: stands for itself"),
        (
            {"providers": {"c": SKIPS}, "server": {"host": "0.0.0.0"}},
            "providers.c.claude_code.file_access.skip_permissions: would let whoever reaches this address run programs",
        ),
        ({"providers": {"c": SKIPS}, "server": {"host": "gateway.example"}}, "set `allow_on_network: true`"),
        (
            {"providers": {"c": {"type": "claude-code", "proxy": "SOCKS5h://u:hunter2@p:1"}}},
            "providers.c.proxy: Claude Code speaks with no SOCKS proxy",
        ),
        ({"mirror": {"enabled": True}}, "mirror.prefix: is missing"),
        ({"mirror": {"enabled": "yes"}}, "mirror.prefix: is missing"),
        (
            {"providers": {"a": LOCAL}, "mirror": {"enabled": True, "prefix": "/a/b"}},
            "begins like the paths of provider 'a'",
        ),
        (
            {"providers": {"a": LOCAL}, "mirror": {"enabled": True, "prefix": "/m", "provider": "a"}},
            "mirror.provider: has no sessions",
        ),
    ],
)
def test_what_does_not_fit_together_is_said(values: dict[str, object], said: str) -> None:
    (problem,) = problems_of(values)
    assert said in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("host", "provider", "refused"),
    [("127.0.0.1", SKIPS, False), ("0.0.0.0", SKIPS, True), ("0.0.0.0", MEANT, False), ("::", {}, False)],
)
def test_what_is_added_later_is_held_to_the_same(
    host: str, provider: dict[str, object], refused: bool
) -> None:
    settings = Settings.model_validate({"server": {"host": host}})
    problem = network_problem(settings, ProviderSettings.model_validate(provider))
    assert (problem is not None) is refused
    assert problem is None or "allow_on_network" in problem


@pytest.mark.parametrize(
    ("values", "notes"),
    [
        ({"api_keys": ["hunter2"]}, ["api_keys[0]: shorter than 8"]),
        ({"api_keys": ["hunter2-and-more"]}, []),
        ({"server": {"host": "::"}}, ["server.host: other machines can reach"]),
        ({"server": {"host": "::"}, "api_keys": ["long-enough"]}, []),
        ({"providers": {"a": LOCAL}}, []),
        (
            {"providers": {"a": LOCAL, "b": LOCAL}},
            ["default_provider: not set, the first provider is used ('a')"],
        ),
        ({"default_provider": "x"}, ["default_provider: no `providers` are set"]),
        ({"providers": {"a": {"type": "anthropic"}}}, ["providers.a.api_key: empty"]),
        ({"providers": {"a": {"type": "anthropic", "headers": {"authorization": "x"}}}}, []),
        (
            {"providers": {"a": {**LOCAL, "api_key": "sk-your-key-hunter2"}}},
            ["providers.a.api_key: looks like a"],
        ),
        ({"providers": {"a": {**LOCAL, "api_key": "your_hunter2"}}}, ["providers.a.api_key: looks like a"]),
        ({"providers": {"a": {**LOCAL, "api_key": "sk-…"}}}, ["providers.a.api_key: looks like a"]),
        ({"providers": {"a": {**LOCAL, "api_key": "<hunter2>"}}}, ["providers.a.api_key: looks like a"]),
    ],
)
def test_what_is_probably_not_meant_is_noted_without_secrets(values: object, notes: list[str]) -> None:
    said = list(notes_on(Settings.model_validate(values)))
    assert len(said) == len(notes)
    assert all(text.startswith(note) for text, note in zip(said, notes, strict=True))
    assert "hunter2" not in "".join(said)
