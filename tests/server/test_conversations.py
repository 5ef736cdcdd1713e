"""`/v1/conversations` through the whole gateway, on every engine, for several keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from asgi import Reply, ask
from assembled import script
from cli.gateways import gateway
from isthmus.cli.running import Running
from isthmus.control.people import Role

PATH = "/v1/conversations"
ONE, TWO = "the first of the keys", "the second of the keys"
KEYED: dict[str, Any] = {"providers": {"dummy": {"type": "dummy"}}, "api_keys": [ONE, TWO]}


class Keyed:
    """One of the keys, at a gateway."""

    def __init__(self, running: Running, key: str | None = ONE) -> None:
        self._app = running.live.gateway
        self._headers = {} if key is None else {"authorization": f"Bearer {key}"}

    async def __call__(self, method: str, path: str = PATH, body: Any = b"", **headers: str) -> Reply:
        return await ask(self._app, method, path, body, {**self._headers, **headers})

    async def begin(self, **fields: Any) -> str:
        reply = await self("POST", PATH, fields)
        assert reply.status == 201, reply.json
        id: str = reply.json["id"]
        return id

    async def say(self, id: str, text: str = "hello") -> Reply:
        body = {"model": "dummy-text", "conversation_id": id, "messages": [{"role": "user", "content": text}]}
        return await self("POST", "/v1/chat/completions", body)

    async def messages(self, id: str) -> list[dict[str, Any]]:
        reply = await self("GET", f"{PATH}/{id}")
        assert reply.status == 200, reply.json
        found: list[dict[str, Any]] = reply.json["messages"]
        return found


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with gateway(tmp_path, KEYED) as (opened, _):
        yield opened


async def test_a_conversation_outlives_the_gateway(tmp_path: Path, database_url: str) -> None:
    async with gateway(tmp_path, KEYED, database=database_url) as (running, _):
        me = Keyed(running)
        id = await me.begin(title="t", system="be kind", metadata={"a": "b"}, model="m")
        assert (await me.say(id)).status == 200
        before = (await me("GET", f"{PATH}/{id}")).json
    async with gateway(tmp_path, KEYED, database=database_url) as (running, _):
        me = Keyed(running)
        assert (await me("GET", f"{PATH}/{id}")).json == before
        assert (await me.say(id, "again")).status == 200
        after = (await me("GET", f"{PATH}/{id}")).json
        listed = (await me("GET")).json
        assert (await me("DELETE", f"{PATH}/{id}")).json == {
            "id": id,
            "object": "conversation.deleted",
            "deleted": True,
        }
        assert (await me("GET", f"{PATH}/{id}")).status == 404
        assert (await me.say(id)).status == 404
    assert [each["role"] for each in after["messages"]] == ["user", "assistant"] * 2
    assert after["messages"][2]["content"] == [{"type": "text", "text": "again"}]
    assert {name: after[name] for name in ("title", "system", "metadata", "model", "message_count")} == {
        "title": "t",
        "system": "be kind",
        "metadata": {"a": "b"},
        "model": "m",
        "message_count": 4,
    }
    del after["messages"]
    assert listed == {"object": "list", "data": [after], "first_id": id, "last_id": id, "has_more": False}


async def test_another_key_never_learns_that_it_is_there(running: Running) -> None:
    me, other = Keyed(running), Keyed(running, TWO)
    id = await me.begin(title="mine")
    nowhere = "conv_" + "0" * 32
    for method, path in (("GET", f"{PATH}/{id}"), ("DELETE", f"{PATH}/{id}")):
        reply, as_nothing = await other(method, path), await other(method, path.replace(id, nowhere))
        assert reply.status == as_nothing.status == 404
        assert reply.json == {
            "error": {**as_nothing.json["error"], "message": reply.json["error"]["message"]}
        }
        assert reply.json["error"]["message"].replace(id, nowhere) == as_nothing.json["error"]["message"]
    said = await other.say(id)
    assert (said.status, "x-conversation-id" in said.headers) == (404, False)
    assert (await other("GET")).json["data"] == []
    assert (await Keyed(running, None)("GET")).status == 401
    assert (await me.say(id)).status == 200


async def test_a_configured_key_is_known_by_itself_and_not_by_its_place(tmp_path: Path) -> None:
    async with gateway(tmp_path, KEYED) as (running, _):
        id = await Keyed(running).begin()
    async with gateway(tmp_path, {**KEYED, "api_keys": [TWO, ONE]}) as (running, _):
        assert (await Keyed(running, TWO)("GET", f"{PATH}/{id}")).status == 404
        assert (await Keyed(running, ONE)("GET", f"{PATH}/{id}")).status == 200


async def test_pages(running: Running) -> None:
    me = Keyed(running)
    ids = {await me.begin() for _ in range(3)}
    first = (await me("GET", f"{PATH}?limit=2")).json
    rest = (await me("GET", f"{PATH}?limit=2&after_id={first['last_id']}")).json
    assert {each["id"] for each in first["data"] + rest["data"]} == ids
    assert (first["has_more"], rest["has_more"], len(rest["data"])) == (True, False, 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", PATH, b"[]", 400, "Expected `object`"),
        ("POST", PATH, b"{", 400, "must be a JSON object, or empty"),
        ("POST", PATH, b'{"titel": "x"}', 400, "a conversation has model, system, title and metadata"),
        ("POST", PATH, b'{"metadata": {"a": 1}}', 400, "metadata"),
        ("GET", f"{PATH}?limit=0", b"", 400, "is not a number from 1 to 100"),
        ("GET", f"{PATH}?limit=x", b"", 400, "is not a number from 1 to 100"),
        ("GET", f"{PATH}?after_id=nobody", b"", 404, "no conversation 'nobody'"),
        ("GET", f"{PATH}/a%00b", b"", 404, "no conversation"),
        ("PUT", PATH, b"", 404, "use GET or POST"),
        ("PATCH", f"{PATH}/x", b"", 404, "use GET or DELETE"),
    ],
)
async def test_mistakes_are_named(
    running: Running, method: str, path: str, body: bytes, status: int, said: str
) -> None:
    reply = await Keyed(running)(method, path, body)
    assert reply.status == status
    assert said in reply.json["error"]["message"]


async def test_there_is_a_limit_to_what_is_said_of_one(running: Running) -> None:
    reply = await Keyed(running)("POST", PATH, {"metadata": {str(at): "" for at in range(17)}})
    assert (reply.status, reply.json["error"]["param"]) == (400, "metadata")
    assert (await Keyed(running)("POST", PATH, {"title": "x" * (1 << 20)})).status == 413


async def test_they_are_switched_off_while_the_gateway_runs(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, stores):
        root, me = await script(running, stores, Role.ADMIN), Keyed(running, None)
        id = await me.begin()
        off = await root(
            "PUT", "/v2/settings", {"conversations.enabled": False, "conversations.max_per_key": 1}
        )
        assert off.status == 200
        reply = await me("POST", PATH)
        assert (reply.status, "set conversations.enabled" in reply.json["error"]["message"]) == (404, True)
        assert (await me.say(id)).headers.get("x-conversation-id") is None
        assert (await root("PUT", "/v2/settings", {"conversations.enabled": True})).status == 200
        reply = await me("POST", PATH)
        assert (reply.status, reply.headers["x-should-retry"]) == (409, "false")
        assert (await me.say(id)).headers["x-conversation-id"] == id


async def test_every_block_is_shown(running: Running) -> None:
    me = Keyed(running)
    id = await me.begin()
    picture = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    file = {"type": "url", "url": "https://example.com/a.pdf"}
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {}}}
    content = [
        {"type": "text", "text": "look"},
        {"type": "image", "source": picture},
        {"type": "document", "source": file, "title": "a"},
    ]
    body = {"model": "dummy-tool", "max_tokens": 99, "conversation_id": id, "tools": [tool]}
    called = await me("POST", "/v1/messages", body | {"messages": [{"role": "user", "content": content}]})
    assert called.status == 200, called.json
    call = called.json["content"][-1]
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "18 degrees", "is_error": True}
    heard = await me(
        "POST",
        "/v1/messages",
        body | {"model": "dummy-thinking", "messages": [{"role": "user", "content": [result]}]},
    )
    assert heard.status == 200, heard.json
    shown = await me.messages(id)
    assert [each["role"] for each in shown] == ["user", "assistant", "user", "assistant"]
    assert shown[0]["content"] == content
    assert shown[1]["content"][-1] == {name: call[name] for name in ("type", "id", "name", "input")}
    assert shown[2]["content"] == [result | {"content": [{"type": "text", "text": "18 degrees"}]}]
    assert shown[3]["content"][0]["type"] == "thinking"
