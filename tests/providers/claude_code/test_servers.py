"""Servers of tools that the real CLI starts: which of them, for which API key, and what they may be asked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

import asgi
import judges
import mcp_server
import outside
import whole
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.options import INTERACTIVE, ONE_SHOT, FileAccess, Mcp, Options
from isthmus.providers.claude_code.provider import ClaudeCode
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.server.callers import Caller, Callers
from isthmus.server.gateway import Gateway
from isthmus.server.sources import Source
from isthmus.transport.crew import Crew
from isthmus.transport.http import Http, Limits
from isthmus.transport.programs import Programs
from isthmus.transport.workers import CrewRules
from simulators.anthropic_api import AnthropicApi

pytestmark = [pytest.mark.judge, pytest.mark.slow]

OPUS = "claude-opus-5-5"
NOWHERE_ELSE = {"HTTPS_PROXY": Secret(outside.NOBODY_LISTENS), "NO_PROXY": Secret("127.0.0.1")}
REFUSED = "The tool said: This tool may not be used here."
TOOLS = ("read_word", "read_all", "write_word")


@dataclass
class Servers:
    """A file of servers, each of which notes that it was started and what it was asked."""

    folder: Path

    def __post_init__(self) -> None:
        self.write({name: self.server(name) for name in ("files", "mail")})

    @property
    def file(self) -> Path:
        return self.folder / "mcp.json"

    def server(self, name: str) -> dict[str, Any]:
        arguments = [str(Path(mcp_server.__file__)), str(self.notes(name)), *TOOLS]
        return {"command": sys.executable, "args": arguments}

    def notes(self, name: str) -> Path:
        return self.folder / f"{name}.notes"

    def write(self, servers: dict[str, Any]) -> None:
        self.file.write_text(json.dumps({"mcpServers": servers}))

    def noted(self) -> dict[str, list[str]]:
        """What they have noted since they were last asked."""
        found = {}
        for path in sorted(self.folder.glob("*.notes")):
            found[path.stem] = path.read_text().splitlines()
            path.unlink()
        return found

    def options(self, **fields: Any) -> Mcp:
        return Mcp(enabled=True, config_file=str(self.file), **fields)


@dataclass
class Way:
    app: Gateway
    api: AnthropicApi
    crew: Crew
    servers: Servers
    options: Options

    def limit(self, **keys: tuple[str, ...] | None) -> None:
        """The API keys there are, by name, with what they may use."""
        known = {
            key_hash(name): Caller(f"key_{name}", name, terms=KeyTerms(mcp=mcp)) for name, mcp in keys.items()
        }
        self.app.admission.callers = Callers(known, required=True)

    async def chat(self, key: str, *messages: str, **fields: Any) -> asgi.Reply:
        turns = [
            {"role": "assistant" if number % 2 else "user", "content": text}
            for number, text in enumerate(messages)
        ]
        headers = {"authorization": f"Bearer {key}"}
        body = {"model": OPUS, "messages": turns, **fields}
        return await asgi.ask(self.app, "POST", "/v1/chat/completions", body, headers)

    async def said(self, key: str, *messages: str) -> str:
        reply = await self.chat(key, *messages)
        assert reply.status == 200, reply.body
        message = reply.json["choices"][0]["message"]
        assert "tool_calls" not in message
        return str(message["content"])

    async def offered(self, key: str, *messages: str) -> set[str]:
        """The tools that the API's model has to choose from."""
        assert (await self.chat(key, *messages)).status == 200
        body = self.api.requests[-1].json
        assert isinstance(body, dict)
        return {tool["name"] for tool in body.get("tools", ())}


def call(server: str, tool: str) -> str:
    return f'[[sim: tool mcp__{server}__{tool} {{"word":"{tool}"}}]]'


def ran(server: str, tool: str) -> str:
    return f'The tool said: {tool} of {server} was given {{"word": "{tool}"}}'


@pytest.fixture
def servers(tmp_path: Path) -> Servers:
    return Servers(tmp_path)


@asynccontextmanager
async def opened(servers: Servers, options: Options) -> AsyncIterator[Way]:
    async with AnthropicApi() as api, Http() as http, Programs() as programs:
        options = replace(options, environment=NOWHERE_ELSE)
        provider = ClaudeCode(options=options, api_key=Secret(api.key), base_url=api.base_url)
        crew = programs.crew("claude-code", CrewRules(0), judges.claude_cli)
        app = whole.gateway(Source(provider, http.channel(Limits()), crew=crew))
        way = Way(app, api, crew, servers, options)
        way.limit(anybody=None)
        yield way


@pytest.mark.parametrize("mode", [ONE_SHOT, INTERACTIVE])
async def test_each_key_has_the_servers_and_tools_of_its_own(mode: str, servers: Servers) -> None:
    async with opened(servers, Options(mode=mode, mcp=servers.options())) as way:
        way.limit(anybody=None, reader=("files:read_*",), mailer=("mail",), nobody=())
        assert await way.said("anybody", call("mail", "write_word")) == ran("mail", "write_word")
        assert servers.noted() == {"files": ["started"], "mail": ["started", "call write_word"]}
        assert await way.said("reader", call("files", "read_word")) == ran("files", "read_word")
        assert servers.noted() == {"files": ["started", "call read_word"]}
        with capture_logs() as logs:
            assert await way.said("reader", call("files", "write_word")) == REFUSED
        assert [each["notes"] for each in logs if each["event"] == "request"] == [
            ["ran_tool: mcp__files__write_word", "tool_denied: mcp__files__write_word"]
        ]
        assert servers.noted() == {"files": ["started"]}
        assert await way.offered("mailer", "Hi") == {f"mcp__mail__{tool}" for tool in TOOLS}
        assert await way.offered("nobody", "Hi") == set()
        assert servers.noted() == {"mail": ["started"]}


async def test_what_a_key_may_use_counts_from_its_next_request(servers: Servers) -> None:
    """Its process is kept for it, and has the servers that it was allowed before."""
    async with opened(servers, Options(mode=INTERACTIVE, mcp=servers.options())) as way:
        way.limit(one=("files",))
        talk = [call("files", "write_word")]
        talk += [await way.said("one", *talk), call("files", "write_word")]
        talk += [await way.said("one", *talk), call("files", "write_word")]
        assert talk[1] == talk[3] == ran("files", "write_word")
        assert servers.noted() == {"files": ["started", "call write_word", "call write_word"]}
        way.limit(one=("files:read_*",))
        assert await way.said("one", *talk) == REFUSED
        assert servers.noted() == {"files": ["started"]}
        way.limit(one=())
        assert await way.offered("one", *talk[:-1], "Hi") == set()
        assert servers.noted() == {}
        assert way.crew.figures().started == 3


async def test_a_provider_may_allow_less_to_all(servers: Servers) -> None:
    async with opened(servers, Options(mcp=servers.options(allowed=("files:read_*",)))) as way:
        way.limit(anybody=None, writer=("files:*", "mail"), odd=("mail",))
        for key in ("anybody", "writer"):
            assert await way.said(key, call("files", "read_all")) == ran("files", "read_all")
            assert await way.said(key, call("files", "write_word")) == REFUSED
        assert servers.noted() == {"files": ["started", "call read_all", "started"] * 2}
        assert await way.offered("odd", "Hi") == set()
        assert servers.noted() == {}


@pytest.mark.parametrize(
    "access",
    [
        FileAccess(skip_permissions=True),
        FileAccess(allowed_tools=("mcp__files__write_word", "mcp__files")),
        FileAccess(permission_mode="plan"),
        FileAccess(permission_mode="dontAsk", allowed_tools=("mcp__files__write_word",)),
    ],
)
async def test_no_other_permission_goes_round_a_key(access: FileAccess, servers: Servers) -> None:
    async with opened(servers, Options(file_access=access, mcp=servers.options())) as way:
        way.limit(reader=("files:read_word",))
        assert await way.said("reader", call("files", "read_word")) == ran("files", "read_word")
        for tool in ("read_all", "write_word"):
            assert await way.said("reader", call("files", tool)) == REFUSED
        assert "call write_word" not in servers.noted()["files"]


@pytest.mark.parametrize(("mcp", "strict"), [(None, False), (None, True), (("files", "broken"), False)])
async def test_one_that_does_not_start_is_noted_and_the_others_serve(
    mcp: tuple[str, ...] | None, strict: bool, servers: Servers
) -> None:
    servers.write({"broken": {"command": "/nothing/there"}, "files": servers.server("files")})
    async with opened(servers, Options(mcp=servers.options(strict=strict, debug=True))) as way:
        way.limit(one=mcp)
        with capture_logs() as logs:
            assert await way.said("one", call("files", "read_word")) == ran("files", "read_word")
            await way.crew.close(10)
        [request] = [each for each in logs if each["event"] == "request"]
        assert "mcp_server_failed: broken" in request["notes"]
        [told] = [each["said"] for each in logs if "wrote to standard error" in each["event"]]
        assert 'MCP server "broken"' in told
        assert way.api.key not in told


async def test_a_file_that_is_none_is_an_error_for_those_who_need_it_alone(servers: Servers) -> None:
    async with opened(servers, Options(mcp=servers.options())) as way:
        servers.file.write_text("{")
        way.limit(one=("files",))
        with capture_logs() as logs:
            reply = await way.chat("one", "Hi")
        assert reply.status == 502
        assert str(servers.file) not in reply.body.decode()
        assert [each["error_detail"] for each in logs if each["event"] == "request"] == [
            f"{servers.file}: is no JSON"
        ]


async def test_calls_of_both_kinds_in_one_answer_lose_those_of_the_servers(servers: Servers) -> None:
    """A loss that is told: the client gets its calls and no others, and comes back without the servers' results."""
    tools = [{"type": "function", "function": {"name": "mine", "parameters": {"type": "object"}}}]
    async with opened(servers, Options(mcp=servers.options())) as way:
        both = f"{call('files', 'write_word')} [[sim: tool mine {{}}]]"
        with capture_logs() as logs:
            reply = await way.chat("anybody", both, tools=tools)
        calls = reply.json["choices"][0]["message"]["tool_calls"]
        assert [each["function"]["name"] for each in calls] == ["mine"]
        [request] = [each for each in logs if each["event"] == "request"]
        assert "calls_of_both" in str(request["notes"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused")
async def test_what_the_cli_refuses_to_root_it_refuses(servers: Servers) -> None:
    """The reason for `crews.AS_ROOT`. Should this CLI or a later one take it, that may go."""
    async with opened(servers, Options(file_access=FileAccess(skip_permissions=True))) as way:
        reply = await way.chat("anybody", "Hi")
        assert reply.status == 502
