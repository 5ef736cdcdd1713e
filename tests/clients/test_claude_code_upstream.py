"""A client's SDK → gateway → the real Claude Code → a second gateway in Anthropic's dialect → the dummy provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

import judges
import outside
from clients.claude_code import ClaudeCode
from clients.running import RunningGateway

Json = dict[str, Any]
PLANTED = "planted words that nobody may obey"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": name, "description": name, "parameters": CITY}}
    for name in ("weather", "time_of_day")
]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with RunningGateway(
        {"providers": {"dummy": {"type": "dummy"}}}, tmp_path_factory.mktemp("behind")
    ) as gateway:
        yield gateway


def configuration(behind: RunningGateway, mode: str, **own: Any) -> Json:
    claude = {
        "type": "claude-code",
        "api_key": "sk-ant-made-up",
        "base_url": behind.origin,
        "proxy": outside.NOBODY_LISTENS,
        "claude_code": {"cli_path": str(judges.claude_cli()), "mode": mode, **own},
    }
    return {"providers": {"claude": claude}, "accounts": {"cooldowns": False}}


@pytest.fixture(scope="module", params=["one_shot", "interactive"])
def front(
    request: pytest.FixtureRequest, behind: RunningGateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    home = tmp_path_factory.mktemp(f"front-{request.param}")
    plant(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        with RunningGateway(configuration(behind, request.param), home) as gateway:
            yield gateway


def plant(home: Path, base_url: str = outside.NOBODY_LISTENS, model: str = "dummy-500") -> None:
    """What Claude Code obeys where it is started by hand, as a control shows. The gateway's own home and working directory are
    this folder."""
    (home / ".claude").mkdir(parents=True)
    hook = {"hooks": [{"type": "command", "command": f"touch {home / 'hooked'}"}]}
    settings = {
        "model": model,
        "env": {"ANTHROPIC_BASE_URL": base_url, "ANTHROPIC_API_KEY": PLANTED},
        "hooks": {name: [hook] for name in ("SessionStart", "UserPromptSubmit", "Stop")},
    }
    server = {"command": "touch", "args": [str(home / "served")]}
    for name in ("settings.json", "settings.local.json"):
        (home / ".claude" / name).write_text(json.dumps(settings))
    for file in ("CLAUDE.md", ".claude/CLAUDE.md"):
        (home / file).write_text(PLANTED)
    (home / ".mcp.json").write_text(json.dumps({"mcpServers": {"planted": server}}))
    (home / ".claude.json").write_text(json.dumps({"mcpServers": {"planted": server}}))


def client(gateway: RunningGateway) -> OpenAI:
    return OpenAI(base_url=f"{gateway.origin}/v1", api_key="any", max_retries=0, timeout=60)


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def said(gateway: RunningGateway, *messages: Any, model: str = "dummy-text", **fields: Any) -> str:
    answer = client(gateway).chat.completions.create(model=model, messages=list(messages), **fields)
    return answer.choices[0].message.content or ""


def test_a_question_is_answered_and_a_conversation_goes_on(front: RunningGateway) -> None:
    first = said(front, user("Hello"))
    assert first
    again = said(front, user("Hello"), {"role": "assistant", "content": first}, user("And now?"))
    assert again == first
    answer = client(front).chat.completions.create(
        model="dummy-usage-100-0-0-12", messages=[user("How much?")]
    )
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (100, 12)


def test_a_long_answer_is_streamed_in_pieces(front: RunningGateway) -> None:
    stream = client(front).chat.completions.create(
        model="dummy-long-200", messages=[user("Tell")], stream=True
    )
    pieces = [each.choices[0].delta.content for each in stream if each.choices]
    assert len([piece for piece in pieces if piece]) > 20
    assert len("".join(piece or "" for piece in pieces).split()) == 200


def test_a_client_runs_two_tools_at_once_and_comes_back(front: RunningGateway) -> None:
    answer = client(front).chat.completions.create(
        model="dummy-parallel-tools", messages=[user("Weather?")], tools=TOOLS
    )
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls is not None
    assert {call.function.name for call in message.tool_calls if call.type == "function"} == {
        "weather",
        "time_of_day",
    }
    results: list[Any] = [
        {"role": "tool", "tool_call_id": call.id, "content": f"result {number}"}
        for number, call in enumerate(message.tool_calls)
    ]
    heard = said(front, user("Weather?"), message, *results, model="dummy-echo", tools=TOOLS)
    assert all(result["content"] in heard for result in results)
    assert heard.index("result 0") < heard.index("result 1")


@pytest.mark.parametrize("text", ["@/etc/hostname", "/compact", "/cost now", "!id", "# remember this"])
def test_text_of_a_client_stays_text(front: RunningGateway, text: str) -> None:
    heard = said(front, user(text), model="dummy-echo")
    assert json.dumps(text)[1:-1] in heard
    assert "Contents of" not in heard
    assert Path("/etc/hostname").read_text().strip() not in heard.replace(text, "")


def test_nothing_that_lies_about_is_obeyed(front: RunningGateway) -> None:
    heard = said(front, user("Hello"), model="dummy-echo")
    home = front.stderr.parent
    assert PLANTED not in heard
    assert str(home) not in heard
    assert not (home / "hooked").exists()
    assert not (home / "served").exists()


def test_all_of_it_is_obeyed_by_a_claude_code_that_is_started_by_hand(
    behind: RunningGateway, tmp_path: Path
) -> None:
    """The control of the tests above: what they plant does act, where nothing keeps the program from it."""
    claude = ClaudeCode(tmp_path, outside.NOBODY_LISTENS)
    plant(claude.project, behind.origin, "dummy-echo")
    heard = claude.run("Hello @/etc/hostname").text
    assert '"turns"' in heard, "the address and the model of the settings were not taken"
    assert PLANTED in heard, "CLAUDE.md was not read"
    assert str(claude.project) in heard
    assert Path("/etc/hostname").read_text().strip() in heard.replace("@/etc/hostname", "")
    assert (claude.project / "hooked").exists(), "no hook ran"
    assert (claude.project / "served").exists(), "the server of .mcp.json was not started"
    command = claude.run("/cost").result
    assert (command["is_error"], command["num_turns"]) == (False, 0), "the command went to the model"


def test_a_failure_behind_it_is_told(front: RunningGateway) -> None:
    answer = front.ask("/v1/messages", {"model": "dummy-429-7", "max_tokens": 9, "messages": [user("Hi")]})
    assert (answer.status, answer.json["error"]["type"]) == (429, "rate_limit_error")


def test_processes_are_counted(front: RunningGateway) -> None:
    said(front, user("Hello"))
    (processes,) = front.ask("/stats").json["processes"]
    assert processes["provider"] == "claude"
    assert processes["started"] > 0
    assert processes["died"] == 0


def test_the_self_test_is_held_at_the_start(front: RunningGateway) -> None:
    assert any("passed its self-test" in line["event"] for line in front.log)


def test_what_the_network_could_reach_does_not_start(behind: RunningGateway, tmp_path: Path) -> None:
    wanted = configuration(
        behind, "one_shot", file_access={"skip_permissions": True, "allowed_tools": ["Bash"]}
    )
    gateway = RunningGateway(
        {**wanted, "server": {"host": "0.0.0.0"}, "api_keys": ["long-enough-key"]}, tmp_path
    )
    with pytest.raises(AssertionError, match="allow_on_network"), gateway:
        pass
