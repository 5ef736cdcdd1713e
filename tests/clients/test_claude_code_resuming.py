"""A conversation at the real Claude Code CLI outlives its gateway, which is killed twice: the CLI's own session goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import judges
import outside
from faults.gateways import Gateway
from isthmus.core.secret import Secret
from parrots import alive, until
from simulators.anthropic_api import AnthropicApi

Json = dict[str, Any]
ME, OTHER = "the-first-key-of-this-test", "the-second-key-of-this-test"
OPUS = "claude-opus-5-5"


def configuration(api: AnthropicApi, project: Path) -> Json:
    claude = {
        "type": "claude-code",
        "api_key": api.key,
        "base_url": api.base_url,
        "proxy": outside.NOBODY_LISTENS,
        "claude_code": {
            "cli_path": str(judges.claude_cli()),
            "mode": "interactive",
            "pool": {"size": 0},
            "file_access": {"allowed_tools": ["Read"], "additional_dirs": [str(project)]},
        },
    }
    return {"providers": {"claude": claude}, "api_keys": [ME, OTHER]}


async def ask(gateway: Gateway, path: str, body: Json | None = None, key: str = ME) -> tuple[int, Json]:
    answer = await asyncio.to_thread(gateway.ask, path, body, {"authorization": f"Bearer {key}"})
    return answer.status, answer.json


async def say(gateway: Gateway, id: str, text: str, key: str = ME) -> tuple[int, Json]:
    body = {
        "model": OPUS,
        "max_tokens": 900,
        "thinking": {"type": "adaptive"},
        "conversation_id": id,
        "messages": [{"role": "user", "content": text}],
    }
    return await ask(gateway, "/v1/messages", body, key)


def told(api: AnthropicApi) -> list[tuple[str, list[Json]]]:
    """Roles and blocks of the last request, without the CLI's own messages and marks."""
    body = [each.json for each in api.requests if each.path == "/v1/messages"][-1]
    assert isinstance(body, dict)
    return [
        (
            each["role"],
            [{name: block[name] for name in block if name != "cache_control"} for block in each["content"]],
        )
        for each in body["messages"]
        if each["role"] != "system"
    ]


def sessions(api: AnthropicApi) -> set[str]:
    return {each.headers["x-claude-code-session-id"] for each in api.requests if each.path == "/v1/messages"}


def resuming(folder: Path) -> int:
    """How many processes below it were started with `--resume`."""
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in alive(folder)]
    return sum(any(each.startswith(b"--resume=") for each in line) for line in lines)


async def test_its_session_goes_on_after_each_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary, home, project = (tmp_path / name for name in ("temporary", "home", "project"))
    for folder in (temporary, home, project):
        folder.mkdir()
    (project / "note.txt").write_text("what only the note says")
    monkeypatch.setenv("TMPDIR", str(temporary))
    async with AnthropicApi() as api:
        first = f'[[sim: thinking]] [[sim: tool Read {{"file_path":"{project}/note.txt"}}]]'
        questions = [first, "[[sim: thinking]] And now?", "[[sim: thinking]] And then?"]
        id, answers = "", []
        for number, question in enumerate(questions):
            gateway = Gateway(configuration(api, project), home, Secret(""))
            await asyncio.to_thread(gateway.__enter__)
            try:
                id = id or (await ask(gateway, "/v1/conversations", {}))[1]["id"]
                status, answer = await say(gateway, id, question)
                assert status == 200, answer
                answers.append(answer["content"])
                assert resuming(temporary) == (1 if number else 0)
                assert (await say(gateway, id, "Mine?", OTHER))[0] == 404
                if number == len(questions) - 1:
                    await asyncio.to_thread(gateway.stop)
            finally:
                gateway.kill()
        heard = told(api)
        assert [role for role, _ in heard] == ["user", "assistant"] * 3 + ["user"]
        looked, found = heard[1][1], heard[2][1]
        assert [block["type"] for block in looked] == ["thinking", "tool_use"]
        assert "what only the note says" in str(found), (
            "the CLI's own tool said it, and no client ever heard it"
        )
        signed = [block for _, blocks in heard for block in blocks if block["type"] == "thinking"]
        returned = [block for answer in answers[:2] for block in answer if block["type"] == "thinking"]
        assert [block["signature"] for block in signed] == [block["signature"] for block in returned]
        assert len(signed) == 2
        assert [blocks[0]["text"] for _, blocks in (heard[0], heard[4], heard[6])] == questions
        assert len(sessions(api)) == 1, "to the API it is one session"
    await until(lambda: not alive(temporary), 30)
    assert list(temporary.glob("isthmus-programs-*")) == []
