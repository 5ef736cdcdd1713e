"""Claude Code is started with the gateway in its environment, and with nothing that leads past it."""

import json
import os
import sys
from pathlib import Path

import pytest

from cli.processes import DUMMY, Run, Serve
from isthmus.cli.claude import client_key, find_program, gateway_url, prepared
from isthmus.cli.failure import CommandFailed
from isthmus.config import Settings
from isthmus.core.secret import Secret

CREDENTIALS = {
    "ANTHROPIC_API_KEY": "sk-ant-personal",
    "ANTHROPIC_AUTH_TOKEN": "personal-token",
    "ANTHROPIC_CUSTOM_HEADERS": "x-key: personal",
    "ANTHROPIC_BASE_URL": "https://api.anthropic.com",
    "ANTHROPIC_BEDROCK_BASE_URL": "https://bedrock.example.com",
    "ANTHROPIC_FOUNDRY_API_KEY": "personal",
    "CLAUDE_CODE_OAUTH_TOKEN": "personal",
    "CLAUDE_CODE_USE_BEDROCK": "1",
    "AWS_BEARER_TOKEN_BEDROCK": "personal",
}


@pytest.fixture
def fake_cli(tmp_path: Path) -> Path:
    """Shows how it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "claude"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        "print(json.dumps({'arguments': sys.argv[1:], 'environment': dict(os.environ)}))\n"
        "sys.exit(7)\n"
    )
    program.chmod(0o755)
    return program


def with_path(program: Path) -> dict[str, str]:
    return {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


def test_it_runs_with_the_gateway_and_nothing_else(run: Run, serve: Serve, fake_cli: Path) -> None:
    gateway = serve()
    done = run(
        "claude", "--url", gateway.url, "-p", "say hi", "--model", "opus", "-c",
        env=with_path(fake_cli) | CREDENTIALS | {"ANTHROPIC_MODEL": "claude-x", "HTTPS_PROXY": "http://127.0.0.1:9"},
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    said = json.loads(done.stdout)
    assert said["arguments"] == ["-p", "say hi", "--model", "opus", "-c"]
    environment = said["environment"]
    assert environment["ANTHROPIC_BASE_URL"] == gateway.url
    assert environment["ANTHROPIC_AUTH_TOKEN"] == "isthmus"
    assert environment["CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY"] == "1"
    assert environment["ANTHROPIC_MODEL"] == "claude-x"
    assert "127.0.0.1" in environment["NO_PROXY"].split(",")
    assert not set(CREDENTIALS) - {"ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"} & set(environment)
    assert "personal" not in "".join(environment.values())


def test_the_configuration_gives_address_and_key(
    run: Run, serve: Serve, fake_cli: Path, tmp_path: Path
) -> None:
    gateway = serve({**DUMMY, "api_keys": ["key-of-client"]})
    config = {**DUMMY, "api_keys": ["key-of-client", "another"], "server": {"port": gateway.port}}
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(config))
    done = run("claude", "--config", file, "--provider", "dummy", "--", "--help", env=with_path(fake_cli))
    said = json.loads(done.stdout)
    assert said["arguments"] == ["--help"]
    assert said["environment"]["ANTHROPIC_BASE_URL"] == f"{gateway.url}/dummy"
    assert said["environment"]["ANTHROPIC_AUTH_TOKEN"] == "key-of-client"
    assert run("claude", "--config", file, "--provider", "other", env=with_path(fake_cli)).stderr.startswith(
        "isthmus: no provider 'other': use one of dummy"
    )


def test_a_key_of_the_gateway_comes_from_a_variable(run: Run, serve: Serve, fake_cli: Path) -> None:
    gateway = serve({**DUMMY, "api_keys": ["key-of-client"]})
    refused = run("claude", "--url", gateway.url, env=with_path(fake_cli))
    assert refused.returncode == 1
    assert "this API key is not known here" in refused.stderr
    assert "isthmus keys create" in refused.stderr
    env = with_path(fake_cli) | {"MINE": "key-of-client"}
    done = run("claude", "--url", gateway.url, "--key-env", "MINE", env=env)
    assert json.loads(done.stdout)["environment"]["ANTHROPIC_AUTH_TOKEN"] == "key-of-client"


@pytest.mark.parametrize(
    ("environment", "configured", "variable", "key"),
    [
        ({}, [], None, "isthmus"),
        ({"ANTHROPIC_AUTH_TOKEN": "personal"}, [], None, "isthmus"),
        ({"ANTHROPIC_AUTH_TOKEN": "sk-isthmus-made"}, [], None, "sk-isthmus-made"),
        ({"ANTHROPIC_AUTH_TOKEN": "sk-isthmus-made"}, ["key-of-file"], None, "key-of-file"),
        ({}, ["key-of-file"], "MINE", "key-of-variable"),
    ],
)
def test_which_key_is_shown(
    environment: dict[str, str],
    configured: list[str],
    variable: str | None,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINE", "key-of-variable")
    settings = Settings.model_validate({"api_keys": configured})
    assert client_key(environment, settings, variable).reveal() == key


def test_without_a_gateway_it_says_how_to_start_one(run: Run, fake_cli: Path) -> None:
    done = run("claude", "--url", "http://127.0.0.1:9", env=with_path(fake_cli))
    assert done.returncode == 1
    assert (
        "no gateway answers at http://127.0.0.1:9: start one in another terminal with `isthmus serve`"
        in done.stderr
    )


def test_the_program_can_be_named(fake_cli: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_program(fake_cli) == fake_cli
    with pytest.raises(CommandFailed, match="not a program"):
        find_program(fake_cli.parent)


def test_path_comes_before_the_wheel(fake_cli: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    carrier = tmp_path / "site" / "claude_agent_sdk"
    bundled = carrier / "_bundled" / "claude"
    bundled.parent.mkdir(parents=True)
    (carrier / "__init__.py").write_text("raise AssertionError('must not be imported')")
    bundled.write_text("#!/bin/sh\n")
    bundled.chmod(0o755)
    monkeypatch.syspath_prepend(carrier.parent)
    monkeypatch.setenv("PATH", str(fake_cli.parent))
    assert find_program(None) == fake_cli
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_program(None) == bundled


def test_without_any_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandFailed, match=r"not installed.*pip install claude-agent-sdk.*--cli-path"):
        find_program(None)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (None, "http://127.0.0.1:8000"),
        ("http://localhost:1/", "http://localhost:1"),
        ("https://gateway.example.com/v1", "https://gateway.example.com"),
    ],
)
def test_addresses(url: str | None, base: str) -> None:
    assert gateway_url(Settings(), url) == base


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://host", "http://", "http://me:pw@host", "http://host?x=1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(CommandFailed, match="no address of a gateway"):
        gateway_url(Settings(), url)


def test_a_free_port_cannot_be_guessed() -> None:
    with pytest.raises(CommandFailed, match="--url"):
        gateway_url(Settings.model_validate({"server": {"port": 0}}), None)


def test_a_distant_gateway_is_reached_as_the_environment_says() -> None:
    environment = prepared({"NO_PROXY": "inside"}, "https://gateway.example.com", Secret("k"))
    assert environment["NO_PROXY"] == "inside"


def test_a_choice_already_made_is_kept() -> None:
    name = "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY"
    assert prepared({name: "0"}, "http://127.0.0.1:1", Secret("k"))[name] == "0"
