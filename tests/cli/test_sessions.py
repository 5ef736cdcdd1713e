"""Sessions of claude.ai through a whole gateway, on the simulated website: pool, mirror mode, new keys, and where no key is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from asgi import Reply, ask
from claude_web_accounts import configuration, session
from cli.gateways import gateway
from isthmus.cli.live import Live
from isthmus.core.secret import Secret
from isthmus.dialects import anthropic
from isthmus.routing.pool import AccountId, State
from isthmus.simulators.claude_web import Account as Person
from isthmus.simulators.claude_web import Simulator
from isthmus.storage.accounts import SESSION_KEY
from isthmus.storage.providers import StoredProvider

MODEL = "claude-sonnet-4-6"
HELLO = {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": "Say hello."}]}
CHAT_HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "Say hello."}]}
MIRROR = {"enabled": True, "prefix": "/mine"}


@asynccontextmanager
async def serving(
    folder: Path, simulator: Simulator, *people: Person, own: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[Live]:
    async with gateway(folder, configuration(simulator, own, **more)) as (running, _):
        await running.live.tables.accounts.add_all([session(each) for each in people])
        await running.live.look()
        yield running.live


async def hello(live: Live, path: str = "/v1/messages", *, key: str = "", **body: Any) -> Reply:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return await ask(live.gateway, "POST", path, (CHAT_HELLO if "chat" in path else HELLO) | body, headers)


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0.01)


async def test_a_session_answers_and_its_conversation_is_tidied_up(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        anna = simulator.add_account("anna")
        async with serving(tmp_path, simulator, anna) as live:
            for path in ("/v1/messages", "/v1/chat/completions"):
                for stream in (True, False):
                    reply = await hello(live, path, stream=stream)
                    assert reply.status == 200, reply.body
            await until(lambda: len(simulator.journal.of("delete")) == 4)
        assert [each.disguises for each in simulator.journal] == [[]] * len(simulator.journal)


async def test_two_are_limited_and_the_third_gives_one_clean_stream(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        people = [simulator.add_account(name) for name in ("anna", "ben", "cleo")]
        for person in people[:2]:
            person.script("F8")
        async with serving(tmp_path, simulator, *people) as live:
            reply = await hello(live, stream=True)
            assert reply.status == 200
            assert anthropic.lint(reply.body) == []
            states = {id: standing.state for id, standing in live.standings().items()}
            asked = {each.account for each in simulator.journal.of("completion")}
            assert "cleo" in asked
            limited = {AccountId(name) for name in asked - {"cleo"} if name is not None}
            assert {id for id, state in states.items() if state is State.COOLING} == limited
            for _ in range(5):
                assert (await hello(live)).status == 200
            assert {each.account for each in simulator.journal.of("completion")} <= {"anna", "ben", "cleo"}


@pytest.mark.parametrize("fault", ["F24 header", "F24 html", "F24 503"])
async def test_a_check_for_browsers_is_told_and_burns_nobody(tmp_path: Path, fault: str) -> None:
    async with Simulator() as simulator:
        people = [simulator.add_account(name) for name in ("anna", "ben")]
        for person in people:
            person.script(fault)
        async with serving(tmp_path, simulator, *people) as live:
            reply = await hello(live)
            assert reply.status == 529
            assert "network path is blocked" in reply.json["error"]["message"]
            assert len({each.account for each in simulator.journal}) == 1, "another account goes the same way"
            assert {standing.state for standing in live.standings().values()} == {State.HEALTHY}


async def test_five_accounts_are_tried_and_no_more(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        people = [simulator.add_account() for _ in range(7)]
        for person in people:
            person.script("F25 502", "completion")
        async with serving(tmp_path, simulator, *people) as live:
            assert (await hello(live)).status == 502
            assert len({each.account for each in simulator.journal.of("completion")}) == 5


async def test_a_new_key_that_comes_with_an_answer_is_stored_and_shown_from_then_on(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        anna = simulator.add_account("anna")
        first = anna.key
        async with serving(tmp_path, simulator, anna) as live:
            anna.script("F26 new-key", "completion", times=1)
            assert (await hello(live)).status == 200
            stored = live.tables.accounts

            async def key() -> str:
                found = await stored.find("anna")
                assert found is not None
                return found.credential[SESSION_KEY].reveal()

            async with asyncio.timeout(20):
                while await key() == first:
                    await asyncio.sleep(0.01)
            assert (await hello(live)).status == 200
            assert anna.key == await key() != first
            assert live.redaction.text(f"{anna.key} {first}") == "*** ***"


async def test_callers_are_answered_with_sessions_of_their_own(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        anna, guest = simulator.add_account("anna"), simulator.add_account("guest")
        async with serving(tmp_path, simulator, anna, mirror=MIRROR, api_keys=["key-of-a-client"]) as live:
            for key in (guest.key, f"{guest.key}:{guest.org.uuid}"):
                reply = await hello(live, "/mine/v1/messages", key=key, stream=True)
                assert reply.status == 200
                assert anthropic.lint(reply.body) == []
            assert {each.account for each in simulator.journal} == {"guest"}
            await until(lambda: len(simulator.journal.of("delete")) == 2)
            assert (await hello(live, key=guest.key)).status == 401
            assert (await hello(live, "/mine/v1/messages", key="key-of-a-client")).status == 401
            guest.signed_in = False
            refused = await hello(live, "/mine/v1/messages", key=guest.key)
            assert (refused.status, refused.json["error"]["type"]) == (401, "authentication_error")
            assert (await hello(live, key="key-of-a-client")).status == 200


async def test_mirror_mode_is_there_when_its_provider_is(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        guest = simulator.add_account("guest")
        values = {"providers": {"play": {"type": "dummy"}}, "mirror": MIRROR}
        with capture_logs() as logged:
            async with gateway(tmp_path, values) as (running, _):
                live = running.live
                assert (await hello(live, "/mine/v1/messages", key=guest.key)).status == 404
                section = {"claude_web": {"base_url": simulator.url}}
                await live.tables.providers.add(StoredProvider("web", "claude-web", section, 1, 1))
                await live.look()
                assert (await hello(live, "/mine/v1/messages", key=guest.key)).status == 200
        assert any("mirror mode is off" in entry["event"] for entry in logged)


@pytest.mark.parametrize("fault", [None, "F2", "F8", "F17", "F24 header", "F26 new-key"])
async def test_no_key_is_found_in_what_is_said_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str | None
) -> None:
    said: list[bytes] = []
    async with Simulator() as simulator:
        anna, guest = simulator.add_account("anna"), simulator.add_account("guest")
        keys = {anna.key, guest.key}
        with capture_logs() as logged:
            async with serving(tmp_path, simulator, anna, mirror=MIRROR) as live:
                for person in (anna, guest):
                    if fault is not None:
                        person.script(fault, times=2)
                for path, key in (("/v1/messages", ""), ("/mine/v1/messages", guest.key)):
                    for stream in (True, False):
                        reply = await hello(live, path, key=key, stream=stream)
                        said.append(reply.body + repr(reply.headers).encode())
        keys |= {each.key for each in (anna, guest)} | {
            each.next_key for each in (anna, guest) if each.next_key is not None
        }
    written = contents(tmp_path)
    printed = repr(logged).encode() + "".join(capsys.readouterr()).encode()
    for key in keys:
        assert not any(key.encode() in each for each in (*said, *written, printed))


async def test_the_guest_of_a_mirror_is_stored_nowhere(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        guest = simulator.add_account("guest")
        guest.script("F26 new-key", times=1)
        async with serving(tmp_path, simulator, mirror=MIRROR) as live:
            assert (await hello(live, "/mine/v1/messages", key=guest.key)).status == 200
            assert await live.tables.accounts.load_all() == []
            assert live.standings() == {}


async def test_an_organization_of_the_account_is_used(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        anna = simulator.add_account("anna")
        async with gateway(tmp_path, configuration(simulator)) as (running, _):
            live = running.live
            chosen = session(anna, details={"organization_id": anna.org.uuid})
            await live.tables.accounts.add_all([chosen])
            await live.look()
            assert (await hello(live)).status == 200
            assert chosen.credential[SESSION_KEY] == Secret(anna.key)
        assert anna.org.uuid in simulator.journal.of("completion")[0].path
