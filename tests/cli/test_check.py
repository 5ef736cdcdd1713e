"""`isthmus check`: one line per provider, and an exit code that can be relied on."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cli.processes import Run
from simulators.openai_vendor import OpenAIVendor

KEY = "sk-sim-very-secret"


def write(folder: Path, **providers: Any) -> Path:
    file = folder / "isthmus.json"
    file.write_text(json.dumps({"providers": providers, "default_provider": next(iter(providers))}))
    return file


async def check(run: Run, *options: str) -> Any:
    """In a thread: the simulator lives on this loop."""
    return await asyncio.to_thread(run, "check", *options)


async def test_a_provider_that_is_there(run: Run, tmp_path: Path) -> None:
    async with OpenAIVendor(keys=[KEY]) as vendor:
        write(tmp_path, sim={"base_url": vendor.base_url, "api_key": KEY}, dummy={"type": "dummy"})
        done = await check(run)
        assert done.returncode == 0, done.stdout + done.stderr
        first, *lines = done.stdout.splitlines()
        assert first.startswith("configuration  ok      isthmus.json")
        assert [line.split()[:2] for line in lines] == [["sim", "ok"], ["dummy", "ok"]]
        assert "lists" in lines[0]
        assert [request.path for request in vendor.requests] == ["/v1/models"]


async def test_with_ask_a_model_is_asked(run: Run, tmp_path: Path) -> None:
    async with OpenAIVendor(keys=[KEY]) as vendor:
        write(tmp_path, sim={"base_url": vendor.base_url, "api_key": KEY, "default_model": "sim-text"})
        done = await check(run, "--ask")
        assert "sim-text answered" in done.stdout
        assert done.returncode == 0
        assert vendor.requests[-1].json["model"] == "sim-text"


async def test_a_provider_whose_accounts_sign_in_is_asked_elsewhere(run: Run, tmp_path: Path) -> None:
    gone = {"chat_url": "http://127.0.0.1:9/q"}
    write(tmp_path, q={"type": "amazon-q", "amazon_q": gone})
    done = await check(run)
    assert done.returncode == 0
    [_, line] = done.stdout.splitlines()
    assert line.split()[:2] == ["q", "ok"]
    assert "isthmus accounts test" in line
    write(tmp_path, q={"type": "amazon-q", "api_key": "ksk_sim-of-nobody", "amazon_q": gone})
    assert (await check(run)).returncode == 1, "a key of its own is asked here"


async def test_a_wrong_key_and_nobody_at_home(run: Run, tmp_path: Path) -> None:
    async with OpenAIVendor(keys=["sk-another"]) as vendor:
        write(
            tmp_path,
            sim={"base_url": vendor.base_url, "api_key": KEY},
            gone={"base_url": "http://127.0.0.1:9/v1"},
        )
        done = await check(run)
    assert done.returncode == 1
    _, sim, gone = done.stdout.splitlines()
    assert sim.split()[:2] == ["sim", "failed"]
    assert "401" in sim
    assert "correct providers.sim.api_key" in sim
    assert "the connection failed" in gone
    assert KEY not in done.stdout + done.stderr


async def test_as_json(run: Run, tmp_path: Path) -> None:
    async with OpenAIVendor(keys=[KEY]) as vendor:
        write(
            tmp_path,
            sim={"base_url": vendor.base_url, "api_key": KEY},
            gone={"base_url": "http://127.0.0.1:9/v1"},
        )
        done = await check(run, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"]) == (1, False)
    assert [(each["provider"], each["ok"]) for each in said["providers"]] == [("sim", True), ("gone", False)]
    assert said["providers"][0]["models"] > 0
    assert said["providers"][1]["way_out"]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_wrong_configuration(as_json: bool, run: Run, tmp_path: Path) -> None:
    (tmp_path / "isthmus.yaml").write_text("server: {prot: 1}\n")
    done = run("check", *(["--json"] if as_json else []))
    assert done.returncode == 1
    if as_json:
        (problem,) = json.loads(done.stdout)["problems"]
        assert problem | {"way_out": ""} == {
            "place": "isthmus.yaml:1", "path": "server.prot", "what": "unknown setting", "found": None, "way_out": "",
        }  # fmt: skip
    else:
        assert "isthmus.yaml:1: server.prot: unknown setting" in done.stderr


def test_without_a_configuration_what_is_found_is_probed(run: Run) -> None:
    done = run("check")
    assert done.returncode == 0
    assert "no file" in done.stdout
    assert "dummy" in done.stdout
