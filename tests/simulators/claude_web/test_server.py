"""The simulator as a server: its bytes, its journal, its control calls, and as a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

import aiohttp
import pytest

from isthmus.simulators.claude_web import Cut, Framing, Simulator
from simulators.claude_web.visitor import AGENT, Visitor, visiting


@pytest.mark.parametrize("crlf", [False, True])
@pytest.mark.parametrize("cut", Cut)
async def test_a_stream_says_the_same_however_it_is_cut(cut: Cut, crlf: bool) -> None:
    async with visiting() as (_, anna):
        anna.account.framing = Framing(cut=cut, crlf=crlf, ping_every=2)
        answer = await anna.turn("[[sim: text Grüße, 你好, 🙂 and so on]]", thinking_mode="extended")
        assert answer.text == "Grüße, 你好, 🙂 and so on" and answer.types[-1] == "message_stop"
        assert answer.body.count(b"\n: ping - ") > 5
        assert (b"\r\n\r\n" in answer.body) is crlf


async def test_a_prompt_may_choose_how_it_is_answered() -> None:
    async with visiting() as (_, anna):
        answer = await anna.turn("[[sim: cut characters]] [[sim: crlf]] [[sim: text Grüße]]")
        assert answer.text == "Grüße" and b"\r\n\r\n" in answer.body


async def test_the_same_seed_and_the_same_questions_give_the_same_bytes() -> None:
    bodies = []
    for _ in range(2):
        async with visiting() as (_, anna):
            chat = "3f8d8f0e-6f51-4d0e-8a2b-0c9a7e6d5b41"
            inline = {"name": ""}
            bodies.append((await anna.turn("Hi", chat, create_conversation_params=inline)).body)
    assert bodies[0] == bodies[1]


async def test_the_journal_shows_who_asked_and_how() -> None:
    async with visiting("free") as (simulator, anna):
        await anna.turn("Hi")
        await anna.ask("GET", "/api/organizations", headers={"anthropic-client-platform": "web_claude_ai"})
        first, second = simulator.journal
        assert first.values("user-agent") == [AGENT] and first.values("cookie") == ["sessionKey=***"]
        assert first.disguises == [] and "model" not in first.body
        assert second.disguises == ["anthropic-client-platform"]
        assert anna.key not in str([entry.shown() for entry in simulator.journal])


async def test_a_bearer_header_opens_nothing() -> None:
    async with visiting() as (_, anna):
        got = await anna.session.get("/api/organizations", headers={"authorization": f"Bearer {anna.key}"})
        assert got.status == 403
        assert (await got.json())["error"]["details"]["error_code"] == "account_session_invalid"


async def test_another_process_can_direct_it() -> None:
    async with visiting() as (simulator, anna):
        added = await anna.session.post("/_sim/accounts", json={"name": "ben", "plan": "free"})
        ben = Visitor(anna.session, simulator.account("ben"))
        assert (await added.json())["key"] == ben.key
        await anna.session.post("/_sim/faults", json={"account": "ben", "fault": "F14", "times": 1})
        assert [(await ben.turn("Hi")).status for _ in range(2)] == [529, 200]
        asked = await (await anna.session.get("/_sim/journal?endpoint=completion&account=ben")).json()
        assert [entry["status"] for entry in asked] == [529, 200]
        assert "sk-ant-sid" not in json.dumps(asked)


async def test_it_stops_while_somebody_waits() -> None:
    async with Simulator() as simulator, aiohttp.ClientSession(simulator.url) as session:
        anna = Visitor(session, simulator.add_account())
        anna.account.script("F19 nothing")
        waiting = asyncio.create_task(anna.turn("Hi"))
        while not len(simulator.journal):
            await asyncio.sleep(0.01)
        await simulator.__aexit__(None, None, None)
        with pytest.raises(aiohttp.ClientError):
            await waiting
        assert simulator.journal[0].outcome == "open"


async def test_it_runs_as_a_process_and_stops_when_told() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "isthmus.simulators.claude_web",
        "--account",
        "anna:max",
        "--account",
        "ben:free",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = [(await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip() for _ in range(3)]
    anna, ben = (json.loads(line) for line in lines[1:])
    async with aiohttp.ClientSession(lines[0]) as session:
        cookie = {"cookie": f"sessionKey={ben['key']}"}
        (org,) = await (await session.get("/api/organizations", headers=cookie)).json()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert (anna["plan"], ben["plan"], org["uuid"]) == ("max", "free", ben["org"])
