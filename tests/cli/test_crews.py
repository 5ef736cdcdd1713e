"""Programs behind providers: started early where they will be wanted, tried out once, let go when their provider is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

import judges
from isthmus.cli.compose import Hands, begin_crews, build, open_hands
from isthmus.cli.crews import AS_ROOT, AS_ROOT_WAY_OUT, FALLS_BACK, OLD, has_self_test, rules_of, try_out
from isthmus.cli.probe import try_out_alone
from isthmus.config import Settings
from isthmus.config.sections.claude_code import ClaudeCodeSettings
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.provider import ClaudeCode
from isthmus.server.gateway import Gateway
from isthmus.server.sources import Source
from parrots import until

PARROT = """#!{python}
import json, sys
if "--version" in sys.argv:
    print("{version} (Claude Code)")
    raise SystemExit
for line in sys.stdin:
    said = json.loads(line)
    if said["type"] == "user":
        print(json.dumps({{"type": "result", "subtype": "success", "is_error": False}}), flush=True)
    elif said.get("request", {{}}).get("subtype") == "get_context_usage":
        usage = {{"messageBreakdown": {{"assistantMessageTokens": {tokens}}}}}
        reply = {{"subtype": "success", "request_id": said["request_id"], "response": usage}}
        print(json.dumps({{"type": "control_response", "response": reply}}), flush=True)
"""


def parrot(folder: Path, *, version: str = "2.1.330", tokens: int = 400) -> Path:
    """Says what Claude Code says when it is tried out."""
    path = folder / "claude-parrot"
    path.write_text(PARROT.format(python=sys.executable, version=version, tokens=tokens))
    path.chmod(0o755)
    return path


def settings(path: Path, **own: Any) -> Settings:
    claude = {"type": "claude-code", "api_key": "sk-ant-x", "claude_code": {"cli_path": str(path), **own}}
    return Settings.model_validate({"providers": {"claude": claude}, "default_provider": "claude"})


@pytest.fixture
async def hands() -> AsyncIterator[Hands]:
    async with open_hands(Settings().images) as opened:
        yield opened


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def test_a_batch_has_time_to_wait_in_line() -> None:
    def waits_s(**own: Any) -> float:
        return rules_of(ClaudeCodeSettings.model_validate(own)).queue_timeout_s

    assert (waits_s(), waits_s(mode="interactive"), waits_s(mode="batch")) == (30, 30, 3600)
    assert waits_s(mode="batch", pool={"size": 2}) == 3600
    assert waits_s(mode="batch", pool={"queue_timeout_s": 30}) == 30


def face(gateway: Gateway) -> Source:
    return gateway.endpoints.offer.suppliers["claude"].face


async def test_a_spare_is_started_and_the_program_tried_out(
    hands: Hands, tmp_path: Path, lines: list[Any]
) -> None:
    chosen = settings(parrot(tmp_path), pool={"size": 2})
    gateway = build(chosen, hands)
    begin_crews(chosen, hands, gateway.endpoints.offer)
    begin_crews(chosen, hands, gateway.endpoints.offer)
    await until(lambda: any("passed its self-test" in each["event"] for each in lines), 30)
    await until(lambda: hands.crews.figures()[0].idle == 2, 30)
    await until(lambda: hands.crews.figures()[0].busy == 0, 30)
    (figures,) = hands.crews.figures()
    assert (figures.provider, figures.waiting, figures.died) == ("claude", 0, 0)
    assert sum("self-test" in each["event"] for each in lines) == 1
    without = Settings.model_validate(DUMMY)
    begin_crews(without, hands, build(without, hands).endpoints.offer)
    await until(lambda: hands.crews.figures()[0].idle == 0, 30)


DUMMY = {"providers": {"dummy": {"type": "dummy"}}, "default_provider": "dummy"}


async def test_nothing_is_started_for_nobody(hands: Hands, tmp_path: Path) -> None:
    chosen = settings(parrot(tmp_path), pool={"size": 0})
    gateway = build(chosen, hands)
    assert face(gateway).crew is not None
    assert has_self_test(face(gateway))
    begin_crews(chosen, hands, gateway.endpoints.offer)
    assert isinstance(gateway.endpoints.offer.suppliers["claude"].face.provider, ClaudeCode)
    keyless = ClaudeCode(api_key=Secret(""))
    assert keyless.usual_programs == ()
    await asyncio.sleep(0)
    assert hands.crews.figures()[0].idle == 0


async def test_what_was_learned_is_known_to_every_source(
    hands: Hands, tmp_path: Path, lines: list[Any]
) -> None:
    chosen = settings(parrot(tmp_path, version="1.0.0", tokens=0), pool={"size": 0})
    gateway = build(chosen, hands)
    verdict = await try_out(face(gateway), chosen.providers["claude"])
    assert verdict.problems == (OLD, FALLS_BACK)
    another = build(chosen, hands)
    assert isinstance(face(another).provider, ClaudeCode)
    assert not face(another).provider.learned.can_tell  # type: ignore[attr-defined]
    begin_crews(chosen, hands, another.endpoints.offer)
    await until(lambda: sum("this Claude Code" in each["event"] for each in lines) == 2, 30)


@pytest.mark.parametrize(
    ("user", "access", "mcp", "refused"),
    [
        (0, {"skip_permissions": True}, {}, True),
        (1000, {"skip_permissions": True}, {}, False),
        (0, {}, {}, False),
        (
            0,
            {"skip_permissions": True},
            {"enabled": True, "allowed": ["a"]},
            False,
        ),
    ],
)
async def test_what_is_refused_to_root_is_said_before_anybody_asks(
    user: int,
    access: dict[str, Any],
    mcp: dict[str, Any],
    refused: bool,
    hands: Hands,
    tmp_path: Path,
    lines: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("isthmus.cli.crews.os.geteuid", lambda: user)
    servers = tmp_path / "mcp.json"
    servers.write_text('{"mcpServers": {}}')
    mcp = {"config_file": str(servers), **mcp}
    chosen = settings(parrot(tmp_path), pool={"size": 1 if refused else 0}, file_access=access, mcp=mcp)
    gateway = build(chosen, hands)
    begin_crews(chosen, hands, gateway.endpoints.offer)
    await until(lambda: bool(lines), 30)
    said = [(each["error"], each["detail"]) for each in lines if "will not do" in each["event"]]
    assert said == ([(AS_ROOT, AS_ROOT_WAY_OUT)] if refused else [])
    found = await try_out_alone(face(gateway), chosen.providers["claude"])
    assert (found.problem, found.way_out) == ((AS_ROOT, AS_ROOT_WAY_OUT) if refused else (None, None))
    if refused:
        assert hands.crews.figures()[0].started == 0


async def test_a_file_of_servers_that_is_not_there_is_said_before_anybody_asks(
    hands: Hands, tmp_path: Path, lines: list[Any]
) -> None:
    missing = tmp_path / "mcp.json"
    chosen = settings(parrot(tmp_path), pool={"size": 0}, mcp={"enabled": True, "config_file": str(missing)})
    gateway = build(chosen, hands)
    begin_crews(chosen, hands, gateway.endpoints.offer)
    await until(lambda: bool(lines), 30)
    (line,) = [each for each in lines if "will not do" in each["event"]]
    assert line["error"] == f"`claude_code.mcp.config_file`: {missing}: No such file or directory"
    found = await try_out_alone(face(gateway), chosen.providers["claude"])
    assert (found.problem, found.way_out) == (line["error"], line["detail"])


async def test_a_program_that_is_not_there_is_said_once(
    hands: Hands, tmp_path: Path, lines: list[Any]
) -> None:
    chosen = settings(tmp_path / "nothing", pool={"size": 0})
    gateway = build(chosen, hands)
    with pytest.raises(UpstreamError, match="cannot be run"):
        await try_out(face(gateway), chosen.providers["claude"])
    begin_crews(chosen, hands, gateway.endpoints.offer)
    begin_crews(chosen, hands, gateway.endpoints.offer)
    await until(lambda: bool(lines))
    (line,) = [each for each in lines if "tried out" in each["event"]]
    assert "is not a program" in line["detail"]


async def test_a_provider_of_another_type_has_no_processes(hands: Hands) -> None:
    gateway = build(Settings.model_validate(DUMMY), hands)
    source = gateway.endpoints.offer.suppliers["dummy"].face
    assert source.crew is None
    assert not has_self_test(source)


@pytest.mark.judge
async def test_the_real_program_passes(hands: Hands) -> None:
    chosen = settings(judges.claude_cli(), pool={"size": 0})
    verdict = await try_out(face(build(chosen, hands)), chosen.providers["claude"])
    assert verdict.problems == ()
