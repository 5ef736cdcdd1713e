"""Every setting of `claude_web` through a whole gateway, as the simulated website's journal has it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from asgi import Reply, ask
from claude_web_accounts import configuration, session
from cli.gateways import gateway
from isthmus.cli.live import Live
from isthmus.config.sections.claude_web import ClaudeWebSettings
from isthmus.core.secret import Secret
from isthmus.simulators.claude_web import Account as Person
from isthmus.simulators.claude_web import Simulator
from isthmus.simulators.claude_web.accounts import first_organization
from isthmus.simulators.claude_web.journal import Entry
from isthmus.simulators.claude_web.plans import Plan
from isthmus.simulators.claude_web.scenarios import THOUGHT
from transport.proxies import HttpProxy

Json = dict[str, Any]
MODEL = "claude-sonnet-4-6"
MESSAGES, CHAT = "/v1/messages", "/v1/chat/completions"
TALK = [
    {"role": "system", "content": "Be terse."},
    {"role": "user", "content": "First."},
    {"role": "assistant", "content": "One."},
    {"role": "user", "content": "Second."},
]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TEXT_FILE = {"type": "text", "media_type": "text/plain", "data": "Pong is the word."}
JSON_FILE = {
    "type": "base64",
    "media_type": "application/json",
    "data": base64.b64encode(b'{"a": 1}').decode(),
}
TOOL = {"name": "f", "description": "Does f.", "input_schema": {"type": "object"}}


@dataclass(frozen=True, slots=True)
class House:
    live: Live
    simulator: Simulator
    anna: Person

    async def chat(self, said: str | list[Json], **more: Any) -> Json:
        """The message of a plain answer of Chat Completions."""
        reply = await self.ask(CHAT, messages=_talk(said), **more)
        assert reply.status == 200, reply.body
        message: Json = reply.json["choices"][0]["message"]
        return message

    async def messages(self, said: Any, **more: Any) -> list[Json]:
        """The content of a plain answer of Messages."""
        reply = await self.ask(MESSAGES, **{"messages": _talk(said), "max_tokens": 500} | more)
        assert reply.status == 200, reply.body
        content: list[Json] = reply.json["content"]
        return content

    async def ask(self, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> Reply:
        return await ask(self.live.gateway, "POST", path, {"model": MODEL, **body}, headers)

    def asked(self, endpoint: str) -> list[Entry]:
        return self.simulator.journal.of(endpoint)

    @property
    def completion(self) -> Json:
        body: Json = self.asked("completion")[-1].body
        return body

    async def deleted(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.asked("delete")) < count:
                await asyncio.sleep(0.01)


def _talk(said: Any) -> list[Json]:
    return said if isinstance(said, list) else [{"role": "user", "content": said}]


@asynccontextmanager
async def house(
    folder: Path, own: dict[str, Any], *, account: dict[str, Any] | None = None, **provider: Any
) -> AsyncIterator[House]:
    """With settings of the section `claude_web`, fields of the one account, and settings of the provider."""
    async with Simulator() as simulator:
        anna = simulator.add_account("anna")
        values = configuration(simulator, own)
        values["providers"]["web"] |= provider
        async with gateway(folder, values) as (running, _):
            await running.live.tables.accounts.add_all([session(anna, **(account or {}))])
            await running.live.look()
            yield House(running.live, simulator, anna)
        assert [each.disguises for each in simulator.journal if each.disguises] == []


def test_every_setting_is_tried_here() -> None:
    tried = Path(__file__).read_text("utf-8")
    assert [
        name for name in ClaudeWebSettings.model_fields if f'"{name}"' not in tried and name != "base_url"
    ] == []


@pytest.mark.parametrize("off", [False, True])
async def test_role_prefixes(tmp_path: Path, off: bool) -> None:
    async with house(tmp_path, {"no_role_prefix": off}) as home:
        await home.chat(TALK)
        bare = "Be terse.\n\nFirst.\n\nOne.\n\nSecond."
        told = "System: Be terse.\n\nHuman: First.\n\nAssistant: One.\n\nHuman: Second."
        assert home.completion["prompt"] == (bare if off else told)


@pytest.mark.parametrize("off", [False, True])
async def test_artifacts(tmp_path: Path, off: bool) -> None:
    async with house(tmp_path, {"prompt_disable_artifacts": off}) as home:
        await home.chat("Hi.")
        assert home.completion["prompt"].startswith("System: Do not use artifacts") is off


@pytest.mark.parametrize("off", [False, True])
async def test_a_long_history_goes_up_as_a_file(tmp_path: Path, off: bool) -> None:
    """Written as in `max_chat_history_length`, also by an account of its own."""
    own = {} if off else {"max_chat_history_length": 40}
    async with house(
        tmp_path, own, account={"details": {"max_chat_history_length": 40}} if off else None
    ) as home:
        await home.chat("Short.")
        assert (home.completion["prompt"], home.completion["attachments"]) == ("Human: Short.", [])
        await home.chat(TALK)
        [context] = home.completion["attachments"]
        assert (context["file_name"], context["file_type"]) == ("context.txt", "text/plain")
        assert context["extracted_content"].endswith("Assistant: One.\n\nHuman: Second.")
        assert context["file_size"] == len(context["extracted_content"].encode())
        assert "context.txt" in home.completion["prompt"]
        assert "Second." not in home.completion["prompt"]


async def test_ten_thousand_characters_are_no_long_history(tmp_path: Path) -> None:
    async with house(tmp_path, {}) as home:
        await home.chat("ü" * (10_000 - len("Human: ")))
        assert home.completion["attachments"] == []
        await home.chat("ü" * (10_001 - len("Human: ")))
        assert len(home.completion["attachments"]) == 1


@pytest.mark.parametrize("kept", [False, True])
async def test_conversations_are_deleted_or_kept(tmp_path: Path, kept: bool) -> None:
    async with house(tmp_path, {"chat_delete": not kept}) as home:
        await home.chat("Hi.")
        if not kept:
            await home.deleted(1)
        # One whose answer failed is of no use to anybody.
        assert (await home.ask(CHAT, messages=_talk("[[sim: F17]]"))).status == 502
        await home.deleted(1 if kept else 2)
    assert len(home.anna.conversations) == (1 if kept else 0)


@pytest.mark.parametrize("temporary", [False, True])
async def test_temporary_conversations(tmp_path: Path, temporary: bool) -> None:
    async with house(tmp_path, {"temporary": temporary}) as home:
        await home.chat("Hi.")
        [create] = home.asked("create")
        wanted = {"is_temporary": True} if temporary else {"include_conversation_preferences": True}
        assert create.body == {"uuid": create.body["uuid"], "name": "", **wanted}


@pytest.mark.parametrize("output", ["native", "think_tags", "drop"])
async def test_where_thoughts_are_shown(tmp_path: Path, output: str) -> None:
    async with house(tmp_path, {"thinking_output": output}) as home:
        said = "[[sim: thinking]][[sim: text Yes.]]"
        message = await home.chat(said, reasoning_effort="high")
        blocks = await home.messages(
            said, thinking={"type": "enabled", "budget_tokens": 2000}, max_tokens=4000
        )
        text = f"<think>{THOUGHT}</think>\nYes." if output == "think_tags" else "Yes."
        assert message["content"] == text
        assert message.get("reasoning_content") == (THOUGHT if output == "native" else None)
        assert [block["type"] for block in blocks] == (["thinking"] if output == "native" else []) + ["text"]
        assert blocks[-1]["text"] == text
        assert {each.body["thinking_mode"] for each in home.asked("completion")} == {"extended"}


@pytest.mark.parametrize("api", ["request", "conversation"])
async def test_where_the_wish_to_think_is_said(tmp_path: Path, api: str) -> None:
    async with house(tmp_path, {"thinking_api": api}) as home:
        message = await home.chat("[[sim: thinking]] Well?", reasoning_effort="high")
        assert message["reasoning_content"] == THOUGHT
        settings = [each.body for each in home.asked("settings")]
        if api == "request":
            assert (home.completion["thinking_mode"], home.completion["effort"]) == ("extended", "high")
            assert settings == []
        else:
            assert {"thinking_mode", "effort"}.isdisjoint(home.completion)
            assert settings == [{"settings": {"paprika_mode": "extended"}}]
        assert not [each for each in home.asked("account") if each.method != "GET"], "the person's own stay"


@pytest.mark.parametrize("api", ["org", "conversation"])
async def test_where_files_go(tmp_path: Path, api: str) -> None:
    async with house(tmp_path, {"upload_api": api}) as home:
        shown = [
            {"type": "text", "text": "What do you see?"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
            {"type": "document", "source": TEXT_FILE, "title": "note"},
            {"type": "document", "source": JSON_FILE, "title": "values"},
        ]
        [block] = await home.messages([{"role": "user", "content": shown}])
        assert block["text"] == "I see image.png (image/png)."
        [upload] = home.asked("upload")
        org, chat = home.anna.org.uuid, home.asked("create")[0].body["uuid"]
        by_chat = f"/api/organizations/{org}/conversations/{chat}/wiggle/upload-file"
        assert upload.path == (by_chat if api == "conversation" else f"/api/{org}/upload")
        assert '<document title="note">\nPong is the word.\n</document>' in home.completion["prompt"]
        [values] = home.completion["attachments"]
        assert (values["file_name"], values["extracted_content"]) == ("values.json", '{"a": 1}')


async def test_too_many_files_and_too_large_ones(tmp_path: Path) -> None:
    def image(data: str) -> Json:
        return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}

    async with house(tmp_path, {"max_files": 1, "max_file_mb": 1}) as home:
        two = [image(PNG), {"type": "document", "source": JSON_FILE}]
        refused = await home.ask(MESSAGES, messages=_talk([{"role": "user", "content": two}]), max_tokens=9)
        assert (refused.status, "more than 1 files" in refused.json["error"]["message"]) == (400, True)
        large = [image(base64.b64encode(base64.b64decode(PNG) + bytes(1 << 20)).decode())]
        refused = await home.ask(MESSAGES, messages=[{"role": "user", "content": large}], max_tokens=9)
        assert (refused.status, "larger than 1 MB" in refused.json["error"]["message"]) == (413, True)
        assert home.asked("completion") == []


@pytest.mark.parametrize("on", [False, True])
async def test_the_websites_own_search(tmp_path: Path, on: bool) -> None:
    async with house(tmp_path, {"web_search": on}) as home:
        message = await home.chat("[[sim: search]]")
        offered = [{"type": "web_search_v0", "name": "web_search"}] if on else []
        assert home.completion["tools"] == offered
        [note] = message["annotations"]
        assert note["url_citation"]["url"] == "https://rivers.example.org/longest"
        await home.messages("Hi.", tools=[TOOL])
        assert home.completion["tools"] == [], "never beside tools of the client"


@pytest.mark.parametrize("sent", [False, True])
async def test_origin_and_referer(tmp_path: Path, sent: bool) -> None:
    async with house(tmp_path, {"send_origin": sent}) as home:
        await home.chat("Hi.")
        await home.deleted(1)
        for entry in home.simulator.journal:
            assert (entry.values("origin") == [home.simulator.url]) is sent
            assert bool(entry.values("referer")) is sent
        if sent:
            chat = home.asked("create")[0].body["uuid"]
            assert home.asked("completion")[0].values("referer") == [f"{home.simulator.url}/chat/{chat}"]


async def test_place_and_language(tmp_path: Path) -> None:
    own = {"timezone": "Europe/Berlin", "locale": "de-DE"}
    async with house(tmp_path, own) as home:
        await home.chat("Hi.")
        assert {name: home.completion[name] for name in own} == own


@pytest.mark.parametrize("chosen", [False, True])
async def test_organizations(tmp_path: Path, chosen: bool) -> None:
    """`organization_id` of an account's details stands above what the list would say."""
    async with house(tmp_path, {}) as home:
        second = first_organization("0f000000-0000-4000-8000-00000000abcd", Plan.FREE, 2)
        home.anna.organizations.append(second)
        if chosen:
            details = {"organization_id": second.uuid}
            other = session(home.anna, id="chosen", label="chosen", details=details)
            await home.live.tables.accounts.remove(["anna"])
            await home.live.tables.accounts.add_all([other])
            await home.live.look()
        await home.chat("Hi.")
        wanted = second if chosen else home.anna.organizations[0]
        assert wanted.uuid in home.asked("completion")[0].path
        await home.chat("Hi again.")
        assert len(home.asked("organizations")) == (0 if chosen else 1), "asked for once at most"


async def test_a_client_that_keeps_a_session_goes_on_in_one_conversation(tmp_path: Path) -> None:
    first = [{"role": "user", "content": "Reply with the word one"}]
    more = [
        *first,
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "Reply with the word two"},
    ]
    edited = [{**first[0]}, {"role": "assistant", "content": "uno"}, more[2]]
    async with house(tmp_path, {"keep_conversations": True, "conversation_idle_s": 600}) as home:
        named = {"prompt_cache_key": "a-session-of-a-client"}
        assert (await home.chat(first, **named))["content"] == "one"
        assert (await home.chat(more, **named))["content"] == "two"
        one, two = home.asked("completion")
        assert two.path == one.path
        assert two.body["prompt"] == "Human: Reply with the word two"
        assert two.body["parent_message_uuid"] == one.body["turn_message_uuids"]["assistant_message_uuid"]
        assert len(home.asked("create")) == 1 and home.asked("delete") == []
        assert (await home.chat(edited, **named))["content"] == "two"
        assert home.asked("completion")[2].path != one.path, "what was edited is another conversation"
        await home.deleted(1)
        assert home.asked("delete")[0].path == one.path.removesuffix("/completion")
        await home.chat(first)
        await home.deleted(2)


async def test_a_conversation_that_rested_too_long_is_begun_anew(tmp_path: Path) -> None:
    first = [{"role": "user", "content": "Reply with the word one"}]
    more = [
        *first,
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "Reply with the word two"},
    ]
    async with house(tmp_path, {"keep_conversations": True, "conversation_idle_s": 1}) as home:
        headers = {"x-claude-code-session-id": "a-session-of-a-client"}
        await home.messages(first, headers=headers)
        await asyncio.sleep(1.1)
        await home.messages(more, headers=headers)
        one, two = home.asked("completion")
        assert one.path != two.path
        assert two.body["prompt"].endswith("Assistant: one\n\nHuman: Reply with the word two")
        await home.deleted(1)


@pytest.mark.parametrize("whose", ["provider", "account"])
async def test_proxies(tmp_path: Path, whose: str) -> None:
    async with HttpProxy() as used, HttpProxy() as other:
        through = f"http://somebody:{'canary0of0a0proxy'}@127.0.0.1:{used.port}"
        provider, account = {"proxy": through}, {}
        if whose == "account":
            provider, account = {"proxy": other.url}, {"proxy": Secret(through)}
        async with house(tmp_path, {}, account=account, **provider) as home:
            assert (await home.chat("Reply with the word pong"))["content"] == "pong"
            await home.deleted(1)
            where = home.simulator.url.removeprefix("http://")
        assert set(used.asked) == {where}
        assert other.asked == []


async def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    async with house(tmp_path, {}, proxy="http://127.0.0.1:9") as home:
        reply = await home.ask(CHAT, messages=_talk("Hi."))
        assert reply.status == 502
        assert list(home.simulator.journal) == [], "nobody goes round it"


async def test_mirrors_are_limited_per_address(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        guest = simulator.add_account("guest")
        mirror = {"enabled": True, "prefix": "/mine", "requests_per_minute": 2}
        async with gateway(tmp_path, configuration(simulator, mirror=mirror)) as (running, _):
            body = {"model": MODEL, "max_tokens": 50, "messages": _talk("Hi.")}
            headers = {"x-api-key": guest.key}
            statuses = [
                (await ask(running.live.gateway, "POST", "/mine/v1/messages", body, headers)).status
                for _ in range(3)
            ]
            assert statuses == [200, 200, 429]
            assert guest.key not in json.dumps([each.shown() for each in simulator.journal])
