"""`isthmus settings`, as its users have it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from isthmus.cli.app import main

Say = Callable[..., tuple[str, str]]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command beside a configuration file with a provider."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "isthmus.yaml").write_text(
        "providers: {dummy: {type: dummy}}\nrequest_log: {retention_days: 90}\n"
    )

    def run(*arguments: str, code: int = 0) -> tuple[str, str]:
        assert main(["settings", *arguments]) == code
        return capsys.readouterr()

    return run


def test_a_value_is_stored_and_taken_back(settings: Say) -> None:
    assert settings("get", "request_log.retention_days")[0] == "90\n"
    assert settings("set", "request_log.retention_days", "7")[0] == "request_log.retention_days: 7 (stored)\n"
    assert settings("get", "request_log.retention_days")[0] == "7\n"
    assert "stored; configured: 90" in settings("list")[0]
    out = settings("reset", "request_log.retention_days")[0]
    assert out == "request_log.retention_days: 90 (as configured)\n"


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("logging.level", "debug", "debug"),
        ("auto_cache", "false", False),
        ("streams.keepalive_s", "2.5", 2.5),
        ("aliases", '{"fast": "dummy/echo"}', {"fast": "dummy/echo"}),
        ("server.cors_origins", '["https://app.example"]', ["https://app.example"]),
        ("default_provider", "dummy", "dummy"),
    ],
)
def test_values_are_json_or_plain_text(settings: Say, name: str, typed: str, value: object) -> None:
    settings("set", name, typed)
    assert json.loads(settings("get", name)[0]) == value
    rows = json.loads(settings("list", "--json")[0])
    assert [row["name"] for row in rows if row["changed"]] == [name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "logging.level", "loud"], "not one of the choices"),
        (["set", "default_provider", "dumy"], "did you mean 'dummy'?"),
        (["set", "server.port", "1"], "write it into the configuration file"),
        (["get", "logging.levle"], "did you mean 'logging.level'?"),
        (["reset", "nonsense"], "cannot be changed while running"),
    ],
)
def test_what_cannot_be_set_is_refused(settings: Say, arguments: list[str], said: str) -> None:
    assert said in settings(*arguments, code=1)[1]


def test_null_is_no_value(settings: Say) -> None:
    assert "isthmus settings reset" in settings("set", "auto_cache", "null", code=2)[1]
