"""A setting changed while running is judged as if it stood in the file, and only where it may be changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.config import ConfigError, Settings, load
from isthmus.config.live import LIVE, described, value_of, with_changes, with_stored
from isthmus.config.problems import Key
from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import AccountSettings, LoggingSettings, ServerSettings
from isthmus.config.shape import holds_secret, type_at
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret

FILE = Settings(
    server=ServerSettings(port=1234),
    api_keys=(Secret("sk-client"),),
    providers={"local": ProviderSettings(base_url="http://127.0.0.1:1/v1", api_key=Secret("sk-upstream"))},
    default_provider="local",
    aliases={"fast": "local/llama"},
    accounts=AccountSettings(max_attempts=2),
    logging=LoggingSettings(level="warning", format="json"),
)


def problems(changes: dict[str, Any], *providers: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        with_changes(FILE, changes, providers)
    return list(map(str, caught.value.problems))


def test_a_change_changes_its_setting_alone() -> None:
    changed = with_changes(FILE, {"logging.level": "debug", "defaults.loss_policy": "strict"})
    assert (changed.logging.level, changed.logging.format) == ("debug", "json")
    assert changed.defaults.loss_policy is Policy.STRICT
    assert changed.accounts == FILE.accounts
    assert changed.api_keys[0].reveal() == "sk-client"
    assert changed.providers["local"].api_key.reveal() == "sk-upstream"
    assert FILE.logging.level == "warning"


def test_values_are_read_as_in_the_file() -> None:
    changed = with_changes(
        FILE, {"request_log.retention_days": "7", "server.cors_origins": ["HTTPS://App.Example/"]}
    )
    assert changed.request_log.retention_days == 7
    assert changed.server.cors_origins == ("https://app.example",)
    assert value_of(changed, "server.cors_origins") == ["https://app.example"]


def test_a_mapping_is_replaced_whole() -> None:
    assert with_changes(FILE, {"aliases": {"slow": "x"}}).aliases == {"slow": "x"}
    assert with_changes(FILE, {"aliases": {}}).aliases == {}


def test_saying_nothing_changes_nothing() -> None:
    assert with_changes(FILE, {}) == with_changes(FILE, {"logging.level": None}) == FILE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"logging.level": "debg"},
            "logging.level: not one of the choices (found 'debg'); did you mean 'debug'?",
        ),
        ({"streams.keepalive_s": 99}, "streams.keepalive_s: must be at most 15 (found 99)"),
        ({"ip_limit.window_s": True}, "ip_limit.window_s: expected a number (found true)"),
        (
            {"server.cors_origins": ["*"]},
            "server.cors_origins[0]: `*` would let any web page use the gateway (found '*'); list the origins that may",
        ),
        ({"aliases": {"a": "a"}}, "aliases.a: stands for itself; name a model, or `provider/model`"),
        (
            {"aliases": {"x": "a", "a": "b", "b": "a", "y": "z"}},
            "aliases: lead in a circle, 'a' -> 'b' -> 'a'; let one of them name a model",
        ),
        ({"aliases": {"a": 1}}, "aliases.a: expected text (found 1); put it in quotes"),
        (
            {"server.port": 80},
            "server.port: cannot be changed while running; write it into the configuration file",
        ),
        (
            {"ip_limit": {}},
            "ip_limit: a whole section; name a setting of it: "
            "ip_limit.enabled, ip_limit.window_s, ip_limit.max_requests",
        ),
        (
            {"ip_limits.enabled": 1},
            "ip_limits.enabled: cannot be changed while running; did you mean 'ip_limit.enabled'?",
        ),
        (
            {"x": 1},
            "x: cannot be changed while running; see `isthmus settings list` or GET /v2/settings for those that can",
        ),
        (
            {"default_provider": "locl"},
            "default_provider: not among the providers (found 'locl'); did you mean 'local'?",
        ),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_configuration(changes: dict[str, Any], said: str) -> None:
    assert problems(changes, "local", "other") == [said]


def test_the_file_says_the_same(tmp_path: Any) -> None:
    file = tmp_path / "isthmus.yaml"
    file.write_text("streams: {keepalive_s: 99}\nlogging: {level: debg}\n")
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    in_file = {str(each).partition(": ")[2] for each in caught.value.problems}
    assert set(problems({"streams.keepalive_s": 99, "logging.level": "debg"})) == in_file


def test_every_problem_is_found_at_once() -> None:
    changes = {"logging.level": 1, "nonsense": 1, "accounts.max_attempts": 0, "aliases": {"a": "b", "b": "a"}}
    assert len(problems(changes)) == 4


def test_any_provider_may_be_the_default_when_none_are_known() -> None:
    assert with_changes(FILE, {"default_provider": "found-at-start"}).default_provider == "found-at-start"


def test_stored_values_that_no_longer_fit_are_left_out_and_said() -> None:
    stored = {"logging.level": "loud", "auto_cache": False, "gone.by": 1}
    settings, refused = with_stored(FILE, stored)
    assert (settings.auto_cache, settings.logging.level) == (False, "warning")
    assert refused == {
        "logging.level": "not one of the choices (found 'loud'); choose one of debug, info, warning, error",
        "gone.by": "cannot be changed while running; see `isthmus settings list` or GET /v2/settings for those that can",
    }


def test_a_description_says_where_a_value_comes_from() -> None:
    stored = {"accounts.max_attempts": 9, "logging.level": "loud"}
    by_name = {each.name: each for each in described(FILE, stored)}
    assert by_name.keys() == set(LIVE)
    attempts, level = by_name["accounts.max_attempts"], by_name["logging.level"]
    assert (attempts.value, attempts.configured, attempts.default, attempts.changed) == (9, 2, 5, True)
    assert (level.value, level.configured, level.default, level.changed) == (
        "warning",
        "warning",
        "info",
        False,
    )
    assert level.problem is not None
    assert by_name["aliases"].value == {"fast": "local/llama"}


def test_a_description_says_what_may_be_written() -> None:
    schemas = {each.name: each.schema for each in described(FILE, {})}
    assert schemas["defaults.loss_policy"] == {"enum": ["repair", "strict"], "type": "string"}
    assert schemas["streams.keepalive_s"] == {"exclusiveMinimum": 0, "maximum": 15, "type": "number"}
    assert schemas["request_log.retention_days"] == {"minimum": 1, "maximum": 3650, "type": "integer"}
    assert schemas["server.cors_origins"] == {"items": {"type": "string"}, "type": "array"}
    assert all(each.description for each in described(FILE, {}))


@pytest.mark.parametrize("name", LIVE)
def test_what_may_be_changed_is_a_setting_without_secrets(name: str) -> None:
    key: Key = tuple(name.split("."))
    assert type_at(Settings, key) is not None
    assert not holds_secret(type_at(Settings, key))
    # Its own default is acceptable, apart from None, which says nothing.
    assert value_of(with_changes(FILE, {name: value_of(Settings(), name)}), name) in (
        value_of(Settings(), name),
        value_of(FILE, name),
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(LIVE) | st.text(), JSON, max_size=4))
def test_any_change_is_taken_or_refused(changes: dict[str, Any]) -> None:
    try:
        changed = with_changes(FILE, changes)
    except ConfigError:
        assert with_stored(FILE, changes)[1]
    else:
        kept = {name: value_of(changed, name) for name in changes}
        assert with_changes(FILE, kept) == changed
        assert with_stored(FILE, changes) == (changed, {})


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdefxy"), max_size=6))
def test_aliases_that_pass_lead_somewhere(aliases: dict[str, str]) -> None:
    def ends(name: str) -> bool:
        for _ in aliases:
            name = aliases.get(name, name)
        return name not in aliases

    try:
        with_changes(FILE, {"aliases": aliases})
    except ConfigError:
        assert not all(map(ends, aliases))
    else:
        assert all(map(ends, aliases))
