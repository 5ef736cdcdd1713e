from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.config import ConfigError, Loaded, Source, load
from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import Settings
from isthmus.core.secret import Secret

Reads = Callable[..., Loaded]
Refuses = Callable[..., str]

SHARED_SHAPE = """{"server": {"host": "127.0.0.1", "port": 8000},
 "providers": {"siliconflow": {"base_url": "https://api.siliconflow.cn/v1", "api_key": "sk-…",
                               "models": {"claude-3-5-sonnet-20241022": "Qwen/Qwen2.5-14B-Instruct"}}},
 "default_provider": "siliconflow"}"""


@pytest.mark.parametrize("name", ["config.json", "isthmus.yaml"])
def test_the_json_of_other_proxies_works_as_it_stands(reads: Reads, name: str) -> None:
    settings = reads(SHARED_SHAPE, name=name).settings
    provider = settings.providers["siliconflow"]
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.default_provider == "siliconflow"
    assert (provider.type, provider.base_url) == ("openai-compatible", "https://api.siliconflow.cn/v1")
    assert provider.api_key == Secret("sk-…")
    assert provider.models == {"claude-3-5-sonnet-20241022": "Qwen/Qwen2.5-14B-Instruct"}


def test_the_documented_yaml_shape_works(reads: Reads) -> None:
    settings = reads(
        "server: {host: 0.0.0.0, port: 9000}\napi_keys: [client-key-1]\n"
        "providers:\n  a: {type: anthropic, api_key: k, timeout: 20}\n  d: {type: dummy}\ndefault_provider: d\n"
    ).settings
    assert settings.api_keys == (Secret("client-key-1"),)
    assert [each.type for each in settings.providers.values()] == ["anthropic", "dummy"]
    assert settings.providers["a"].timeout_s == 20


def test_without_a_file_everything_has_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = load(None, {})
    assert loaded == Loaded(Settings(), None, [])


def test_the_file_is_the_given_one_then_the_variables_then_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for port, name in enumerate(
        ["isthmus.json", "isthmus.yml", "isthmus.yaml", "named.yaml", "given.yaml"], start=1
    ):
        (tmp_path / name).write_text(json.dumps({"server": {"port": port}}))
        assert load(None, {}).settings.server.port == min(port, 3)
    assert load(None, {"ISTHMUS_CONFIG": "named.yaml"}).settings.server.port == 4
    given = load(tmp_path / "given.yaml", {"ISTHMUS_CONFIG": "named.yaml"})
    assert (given.settings.server.port, given.source) == (5, tmp_path / "given.yaml")


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(None, {"ISTHMUS_CONFIG": str(tmp_path / "none.yaml")})


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(reads: Reads) -> None:
    env = {"ISTHMUS_SERVER__PORT": "2", "ISTHMUS_SERVER__MAX_BODY_MIB": "7"}
    options = {"server.port": 3, "server.host": None}
    server = reads("server: {port: 1, max_body_mib: 5, host: '::1'}", env, options=options).settings.server
    assert (server.port, server.max_body_mib, server.host) == (3, 7, "::1")


def test_the_command_line_is_checked_too(refuses: Refuses) -> None:
    assert "command line: server.port: " in refuses("", options={"server.port": 70_000})


def test_all_problems_are_said_at_once(refuses: Refuses) -> None:
    message = refuses(
        '{"server": {"host": "::",\n "port": "x"},\n "default_provider": "b",\n'
        ' "providers": {"a": {"timeout": -1},\n "a": {}}}',
        {"ISTHMUS_LOGGING__LEVEL": "loud"},
        name="c.json",
    )
    for said in (
        "c.json:2: server.port: expected a whole number",
        "c.json:3: default_provider: not among `providers`",
        "c.json:5: providers.a: written twice",
        "providers.a: has no address",
        "ISTHMUS_LOGGING__LEVEL: logging.level: not one of the choices (found 'loud')",
    ):
        assert said in message


def test_another_accepted_name_is_checked_under_its_own(refuses: Refuses) -> None:
    head = "providers:\n  a:\n    type: dummy\n    timeout: "
    assert "isthmus.yaml:4: providers.a.timeout_s: must be more than 0 (found -1)" in refuses(f"{head}-1")
    assert "providers.a.timeout: the same setting as 'timeout_s'" in refuses(f"{head}1\n    timeout_s: 2")


def test_a_variable_wins_over_the_other_accepted_name(reads: Reads) -> None:
    loaded = reads("providers: {a: {type: dummy, timeout: 1}}", {"ISTHMUS_PROVIDERS__A__TIMEOUT_S": "2"})
    assert loaded.settings.providers["a"].timeout_s == 2


def test_a_provider_can_come_from_variables_alone(reads: Reads) -> None:
    env = {
        "ISTHMUS_PROVIDERS__DEEPSEEK__BASE_URL": "https://api.deepseek.com/v1",
        "ISTHMUS_PROVIDERS__DEEPSEEK__API_KEY": "k",
    }
    loaded = reads("", env)
    assert loaded.settings.providers == {
        "deepseek": ProviderSettings(base_url="https://api.deepseek.com/v1", api_key=Secret("k"))
    }
    assert loaded.settings.default_provider == "deepseek"


def test_without_a_default_provider_the_first_is_taken(reads: Reads) -> None:
    loaded = reads("providers: {b: {type: dummy}, a: {type: dummy}}")
    assert loaded.settings.default_provider == "b"
    assert loaded.warnings == ["default_provider: not set, the first provider is used ('b')"]


def test_a_section_with_everything_commented_out_is_fine(reads: Reads) -> None:
    assert reads("server:\napi_keys:\nproviders:\n").settings == Settings()


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
names = st.text(max_size=5) | st.sampled_from(
    [
        *Settings.model_fields,
        *ProviderSettings.model_fields,
        "host",
        "port",
        "level",
        "v1",
        "timeout",
        "vision",
    ]
)
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(names, garbage, max_size=6))
def test_any_mapping_is_settings_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    _loads_or_refuses(path, {})


@given(st.binary() | st.text().map(str.encode), st.sampled_from(["garbage.json", "garbage.yaml", "garbage"]))
def test_any_bytes_are_settings_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(raw)
    _loads_or_refuses(path, {})


segments = st.sampled_from(
    ["SERVER", "PORT", "PROVIDERS", "x", "API_KEY", "FILE", "MODELS", "", "CAPABILITIES", "STOP"]
)
variables = st.lists(segments, max_size=5).map(lambda parts: "ISTHMUS_" + "__".join(parts))


@given(st.dictionaries(variables, st.text() | garbage.map(json.dumps), max_size=5))
def test_any_environment_is_settings_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "base.yaml"
    path.write_text("providers: {x: {type: dummy, models: [a]}}", encoding="utf-8")
    _loads_or_refuses(path, env)


def _loads_or_refuses(path: Path, env: dict[str, str]) -> None:
    problems: tuple[object, ...] = ("none",)
    message = "none"
    try:
        load(path, env)
    except ConfigError as refused:
        problems, message = refused.problems, str(refused)
    assert problems
    assert message.encode()  # can be printed, whatever was in the file


def test_it_is_known_who_says_what(tmp_path: Path) -> None:
    file = tmp_path / "isthmus.yaml"
    file.write_text("server: {host: 127.0.0.2, port: 1}\nrequest_log:\nproviders: {d: {type: dummy}}\n")
    env = {"ISTHMUS_SERVER__PORT": "2", "ISTHMUS_LOGGING": '{"format": "json", "level": "error"}'}
    loaded = load(file, env, {"logging.level": "debug", "server.host": None})
    assert loaded.settings.default_provider == "d"
    assert loaded.sources == {
        "server.host": Source.FILE,
        "server.port": Source.ENVIRONMENT,
        "logging.format": Source.ENVIRONMENT,
        "logging.level": Source.COMMAND_LINE,
    }
