"""A whole gateway before the simulated service: real bytes over loopback, three accounts, one clean answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from asgi import Reply, ask
from isthmus.core.commands import Grant, Keep
from isthmus.core.secret import Secret
from isthmus.dialects import anthropic, openai_chat
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.provider import ClaudeWeb
from isthmus.routing.account import AccountId
from isthmus.routing.cooldown import PoolRules
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.routing.pool import Member, Pool, State, Strategy
from isthmus.server.gateway import Gateway
from isthmus.server.offer import Offer
from isthmus.server.sources import Source
from isthmus.server.suppliers import Supplier
from isthmus.simulators.claude_web.accounts import Account
from isthmus.simulators.claude_web.server import Simulator
from isthmus.transport.http import Http, Limits
from whole import gateway

NAMES = ("anna", "ben", "cleo")
MODEL = "claude-sonnet-4-6"


@dataclass
class House:
    """A gateway with three accounts, asked in the order of their names."""

    simulator: Simulator
    accounts: dict[str, Account]
    app: Gateway
    pool: Pool
    kept: list[tuple[str, Keep]] = field(default_factory=list)

    async def messages(self, words: str, **more: Any) -> Reply:
        body = {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": words}], **more}
        return await self._asked("/v1/messages", body)

    async def chat(self, words: str, **more: Any) -> Reply:
        return await self._asked(
            "/v1/chat/completions", {"model": MODEL, "messages": [{"role": "user", "content": words}], **more}
        )

    async def _asked(self, path: str, body: dict[str, Any]) -> Reply:
        reply = await ask(self.app, "POST", path, body)
        await self.app.endpoints.errands.close()
        return reply

    def answered(self) -> list[str]:
        """Whose completions were asked for, in order."""
        return [str(each.account) for each in self.simulator.journal.of("completion")]

    def state(self, name: str) -> State:
        standings = {each.id: each for each in self.pool.states(self.simulator.clock.now_s())}
        return standings[AccountId(name)].state


@pytest.fixture
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    more: dict[str, Any] = getattr(request, "param", {})
    async with Simulator() as simulator, Http() as http:
        accounts = {name: simulator.add_account(name) for name in NAMES}
        kept: list[tuple[str, Keep]] = []
        channel = http.channel(Limits(2.0, 2.0, 2.0, 5.0))
        options = Options(simulator.url, **more)

        def open_(account: AccountId) -> Source:
            async def authorize(refused: Secret | None) -> Grant:
                return Grant("session_key", Secret(accounts[account].key))

            def keep(told: Keep) -> None:
                kept.append((account, told))

            provider = ClaudeWeb("claude", options, jitter=lambda: 0.0)
            return Source(provider, channel, authorize=authorize, keep=keep)

        face = Source(ClaudeWeb("claude", options), channel)
        members = [Member(AccountId(name), priority=at) for at, name in enumerate(NAMES)]
        pool = Pool(Strategy.PRIORITY, members, PoolRules())
        suppliers = {"claude": Supplier(face, pool, open_, queue_timeout_s=0)}
        app = gateway(face)
        app.endpoints.offer = Offer.of(suppliers, Directory({"claude": ModelMap()}, {}, "claude"))
        yield House(simulator, accounts, app, pool, kept)


@pytest.mark.parametrize(
    "fault",
    ["F1", "F5", "F8", "F9 date", "F15", "F23 html", "F25 302", "F25 403", "F26 create-429"],
)
async def test_two_accounts_fail_and_the_third_answers_in_one_clean_stream(house: House, fault: str) -> None:
    for name in NAMES[:2]:
        house.accounts[name].script(fault)
    reply = await house.messages("[[sim: text Good day.]]", stream=True)
    assert reply.status == 200
    assert anthropic.lint(reply.body) == []
    assert reply.body.count(b"event: message_start") == 1 and b"error" not in reply.body
    assert house.answered()[-1] == "cleo"
    assert all(not each.conversations for each in house.accounts.values())


@pytest.mark.parametrize("stream", [True, False])
async def test_what_is_limited_rests(house: House, stream: bool) -> None:
    house.accounts["anna"].script("F8")
    for _ in range(2):
        reply = await house.chat("[[sim: text Good day.]]", stream=stream)
        assert (reply.status == 200 and b"Good day." in reply.body.replace(b'"},"logprobs', b"")) or stream
        if stream:
            assert openai_chat.lint(reply.body) == []
    assert house.answered() == ["anna", "ben", "ben"]


async def test_nobody_has_anything_left(house: House) -> None:
    for account in house.accounts.values():
        account.script("F8")
    reply = await house.messages("Hello")
    assert reply.status == 429
    assert 3500 < float(reply.headers["retry-after"]) <= 3600


@pytest.mark.parametrize("fault", ["F1", "F2", "F3", "F25 403"])
async def test_a_refusal_of_a_session_is_never_shown_as_the_clients_own(house: House, fault: str) -> None:
    for account in house.accounts.values():
        account.script(fault)
    for reply in (await house.messages("Hello"), await house.chat("Hello")):
        assert reply.status in (502, 503, 529)
        assert all(account.key not in reply.body.decode() for account in house.accounts.values())


async def test_a_blocked_path_burns_no_account_and_is_not_asked_again(house: House) -> None:
    for account in house.accounts.values():
        account.script("F24 header")
    for _ in range(3):
        reply = await house.chat("Hello")
        assert reply.status == 503
        assert "network path is blocked" in reply.json["error"]["message"]
    assert [house.state(name) for name in NAMES] == [State.HEALTHY] * 3
    assert len(house.simulator.journal) == 1


async def test_a_failure_after_some_text_is_told_inside_the_stream(house: House) -> None:
    reply = await house.messages("[[sim: F16]] Tell me of rivers.", stream=True)
    assert reply.status == 200 and b"event: error" in reply.body
    assert house.answered() == ["anna"]
    assert not house.accounts["anna"].conversations


async def test_a_connection_that_dies_is_told_inside_the_stream(house: House) -> None:
    reply = await house.chat("[[sim: F18]] Tell me of rivers.", stream=True)
    assert b"broke off" in reply.body
    assert house.answered() == ["anna"]


@pytest.mark.parametrize("order", ["cut characters", "cut lines", "crlf", "big 300", "search", "slow 0.01"])
@pytest.mark.parametrize("stream", [True, False])
async def test_odd_bytes(house: House, order: str, stream: bool) -> None:
    reply = await house.messages(f"[[sim: {order}]] Grüße 🌊", stream=stream)
    assert reply.status == 200
    if stream:
        assert anthropic.lint(reply.body) == []


async def test_an_allowance_that_ends_with_an_answer_does_not_fail_it(house: House) -> None:
    anna = house.accounts["anna"]
    anna.quota.use_up(house.simulator.clock.now_s(), "5h", 1 - 0.5 / anna.quota.windows["5h"].allowance)
    for _ in range(2):
        assert (await house.messages("Hello")).status == 200
    assert house.answered() == ["anna", "ben"]
    assert [quota.name for _, told in house.kept[:1] for quota in told.quotas] == ["5 hours", "7 days"]


async def test_a_new_key_is_handed_over(house: House) -> None:
    house.accounts["anna"].script("F26 new-key", "completion")
    assert (await house.messages("Hello", stream=True)).status == 200
    (told,) = [told for _, told in house.kept if told.credential]
    assert told.credential["session_key"].reveal() == house.accounts["anna"].next_key


@pytest.mark.parametrize("house", [{"thinking_output": "native"}], indirect=True)
async def test_thoughts_and_calls_reach_both_kinds_of_client(house: House) -> None:
    tools = [
        {
            "name": "get_time",
            "description": "Tells the time.",
            "input_schema": {"type": "object", "properties": {}},
        }
    ]
    words = "[[sim: thinking Hm.]][[sim: tool get_time]]"
    reply = await house.messages(
        words, tools=tools, thinking={"type": "enabled", "budget_tokens": 2000}, max_tokens=3000
    )
    kinds = [block["type"] for block in reply.json["content"]]
    assert kinds[0] == "thinking" and kinds[-1] == "tool_use"
    assert reply.json["stop_reason"] == "tool_use"
    functions = [
        {
            "type": "function",
            "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}},
        }
    ]
    chat = cast("dict[str, Any]", (await house.chat(words, tools=functions, reasoning_effort="high")).json)
    (choice,) = chat["choices"]
    assert choice["finish_reason"] == "tool_calls" and choice["message"]["reasoning_content"] == "Hm."


async def test_nobody_is_left_to_tidy_up(house: House) -> None:
    for words in ("Hello", "[[sim: F16]] Rivers", "[[sim: F22 refusal]]", "[[sim: F13 400]]"):
        await house.messages(words, stream=True)
    assert all(not each.conversations for each in house.accounts.values())
    assert all(not each.disguises for each in house.simulator.journal)
