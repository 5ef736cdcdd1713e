"""A plain client of the simulated service: one cookie, its own name, and nothing a browser would add."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from isthmus.simulators.claude_web import Account, Clock, Simulator

Json = dict[str, Any]
NOW_S = 1_790_000_000
AGENT = "isthmus-test/1"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    broken: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Json:
        error: Json = self.json["error"]
        return error

    @property
    def events(self) -> list[Json]:
        """Every event of a stream, in whatever lines it came; a frame that is no JSON is `{}`."""
        found = []
        for line in self.body.decode().replace("\r\n", "\n").split("\n"):
            if line.startswith("data: "):
                try:
                    found.append(json.loads(line[6:]))
                except ValueError:
                    found.append({})
        return found

    @property
    def types(self) -> list[str]:
        return [event.get("type", "") for event in self.events]

    def deltas(self, kind: str) -> list[Json]:
        deltas = [event.get("delta") or {} for event in self.events]
        return [delta for delta in deltas if delta.get("type") == kind]

    @property
    def text(self) -> str:
        said = "".join(delta["text"] for delta in self.deltas("text_delta"))
        return said + "".join(event.get("completion", "") for event in self.events)

    @property
    def stop(self) -> str | None:
        return next(
            (e["delta"]["stop_reason"] for e in self.events if e.get("type") == "message_delta"), None
        )


class Visitor:
    def __init__(self, session: aiohttp.ClientSession, account: Account) -> None:
        self.session = session
        self.account = account
        self.key = account.key
        self.chats = f"/api/organizations/{account.org.uuid}/chat_conversations"

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        headers = {"cookie": f"sessionKey={self.key}"} | more.pop("headers", {})
        async with self.session.request(method, path, headers=headers, allow_redirects=False, **more) as got:
            body, broken = b"", False
            try:
                async for piece in got.content.iter_any():
                    body += piece
            except (aiohttp.ClientPayloadError, ConnectionError):
                broken = True
            return Answer(got.status, got.headers, body, broken)

    async def create(self, **more: Any) -> str:
        id = str(uuid.uuid4())
        answer = await self.ask("POST", self.chats, json={"uuid": id, "name": "", **more})
        assert answer.status == 201, answer.body
        return id

    async def turn(self, prompt: str, chat: str | None = None, **fields: Any) -> Answer:
        """One completion, on a new conversation unless one is named."""
        inline = {"create_conversation_params": {"name": ""}} if chat is None else {}
        path = f"{self.chats}/{chat or uuid.uuid4()}/completion"
        return await self.ask("POST", path, json={"prompt": prompt, **inline, **fields})


@asynccontextmanager
async def visiting(plan: str = "pro", **more: Any) -> AsyncIterator[tuple[Simulator, Visitor]]:
    """A simulator with one account, and a client that is signed in; the clock stands still."""
    async with (
        Simulator(clock=Clock.standing(NOW_S)) as simulator,
        aiohttp.ClientSession(simulator.url, headers={"user-agent": AGENT}) as session,
    ):
        yield simulator, Visitor(session, simulator.add_account("anna", plan, **more))
