"""`isthmus conformance`: whom it judges, what it says first, and how it ends."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cli.processes import DUMMY, Run, Serve
from isthmus.cli.conformance import Dialect, lacks, upstream
from isthmus.cli.failure import CommandFailed
from isthmus.config import Settings
from isthmus.conformance.case import Need
from isthmus.conformance.subject import BOTH, Api, Subject
from isthmus.core.secret import Secret
from simulators.openai_vendor import OpenAIVendor

KEY = "sk-sim-very-secret"
SETTINGS = Settings.model_validate(
    {
        "providers": {
            "chat": {
                "base_url": "http://127.0.0.1:9/v1",
                "api_key": KEY,
                "models": {"claude-*": "big", "small": "tiny"},
                "capabilities": {"big": {"vision": False, "tools": False, "thinking": False, "effort": []}},
            },
            "claude": {"type": "anthropic", "api_key": KEY},
            "dummy": {"type": "dummy"},
        },
        "default_provider": "chat",
    }
)


def subject(url: str | None = None, provider: str | None = None, **changes: Any) -> Subject:
    given: dict[str, Any] = {"model": None, "key": None, "dialect": Dialect.BOTH, **changes}
    return upstream(SETTINGS, url, provider, **given)


def test_the_upstream_of_the_default_provider() -> None:
    assert subject() == Subject("http://127.0.0.1:9/v1", Secret(KEY), "big", None, (Api.CHAT,), direct=True)


def test_a_model_is_asked_for_by_the_upstreams_name() -> None:
    assert subject(model="claude-x").model == "big"
    assert subject(model="unheard-of").model == "unheard-of"


def test_a_provider_without_an_address_has_its_vendors() -> None:
    found = subject(provider="claude")
    assert (found.versioned, found.apis) == ("https://api.anthropic.com/v1", (Api.MESSAGES,))


def test_any_address_may_be_given() -> None:
    found = subject("http://127.0.0.1:1", key=Secret("k"), dialect=Dialect.CHAT)
    assert found == Subject("http://127.0.0.1:1", Secret("k"), None, None, (Api.CHAT,), direct=True)
    assert subject("http://127.0.0.1:1").apis == BOTH


@pytest.mark.parametrize(
    ("provider", "why"), [("dummy", "no upstream"), ("mine", "choose one of chat, claude")]
)
def test_what_cannot_be_judged_directly_is_said(provider: str, why: str) -> None:
    with pytest.raises(CommandFailed, match=why):
        subject(provider=provider)
    with pytest.raises(CommandFailed, match="--url"):
        upstream(Settings(), None, None, None, None, Dialect.BOTH)


def test_what_the_model_cannot_do_is_known_beforehand() -> None:
    assert lacks(SETTINGS, None, "claude-x")[Need.TOOLS] == "big has no tools"
    assert Need.JSON_SCHEMA not in lacks(SETTINGS, "chat", "claude-x")
    assert lacks(SETTINGS, "dummy", "dummy") == {}
    assert lacks(Settings(), None, None) == {}


@pytest.mark.slow
def test_a_gateway_is_judged(run: Run, serve: Serve) -> None:
    gateway = serve({**DUMMY, "api_keys": [KEY]})
    done = run(
        "conformance", "--url", gateway.url, "--case", "STR-01", "--case", "AUX", "--key-env", "GATEWAY_KEY",
        env={"GATEWAY_KEY": KEY},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "requests" in done.stderr
    assert "STR-01" in done.stdout
    assert "AUX-01" in done.stdout
    assert "REQ-01" not in done.stdout
    assert "0 failed" in done.stdout
    assert KEY not in done.stdout + done.stderr


@pytest.mark.slow
def test_results_as_json(run: Run, serve: Serve) -> None:
    gateway = serve()
    done = run("conformance", "--url", gateway.url, "--case", "STR-01", "--dialect", "chat", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"]) == (0, True)
    assert {row["dialect"] for row in said["results"]} == {"chat"}


@pytest.mark.slow
def test_the_plan_alone(run: Run, serve: Serve) -> None:
    gateway = serve()
    done = run("conformance", "--url", gateway.url, "--plan")
    assert (done.returncode, done.stdout) == (0, "")
    assert "cases in messages and chat, about" in done.stderr


async def test_an_upstream_is_judged_directly(run: Run, tmp_path: Path) -> None:
    async with OpenAIVendor(keys=[KEY]) as vendor:
        config = {"providers": {"sim": {"base_url": vendor.base_url, "api_key": KEY, "models": ["sim-text"]}}}
        (tmp_path / "isthmus.json").write_text(json.dumps(config))
        done = await asyncio.to_thread(run, "conformance", "--direct", "--case", "STR-01")
        assert done.returncode == 0, done.stdout + done.stderr
        assert {request.model for request in vendor.requests if request.method == "POST"} == {"sim-text"}


@pytest.mark.slow
def test_a_failure_is_an_exit_code(run: Run, serve: Serve) -> None:
    gateway = serve({"providers": {"dummy": {"type": "dummy", "models": {"*": "dummy-empty"}}}})
    done = run("conformance", "--url", gateway.url, "--case", "STR-01", "--model", "any")
    assert done.returncode == 1, done.stdout
    assert "fail" in done.stdout


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--url", "http://127.0.0.1:9"), "no gateway answers"),
        (("--direct", "--url", "http://127.0.0.1:9/v1"), "nobody answers"),
        (("--direct",), "--url"),
        (("--key-env", "NOT_THERE"), "no such variable"),
    ],
)
def test_what_cannot_start_says_why(options: tuple[str, ...], why: str, run: Run) -> None:
    done = run("conformance", *options)
    assert done.returncode == 1
    assert why in done.stderr


def test_an_unknown_case_is_refused(run: Run, serve: Serve) -> None:
    done = run("conformance", "--url", serve().url, "--case", "STR-99")
    assert done.returncode == 1
    assert "no case STR-99" in done.stderr
