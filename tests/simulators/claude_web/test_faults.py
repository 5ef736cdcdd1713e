"""The 26 misfortunes, each as a plain client meets it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from isthmus.simulators.claude_web import faults
from isthmus.simulators.claude_web.faults import FAULTS, Endpoint, fault
from simulators.claude_web.visitor import NOW_S, Answer, Visitor, visiting

RESET = NOW_S + 3600
PROMPT = "Write exactly this and nothing else: alpha bravo charlie delta"


def limit_of(answer: Answer) -> Any:
    return json.loads(answer.error["message"])


def code_of(answer: Answer) -> Any:
    return answer.error["details"].get("error_code")


Check = Callable[[Answer], bool]

# What a turn meets, by the fault's name.
TURNS: dict[str, Check] = {
    "F1": lambda got: got.status == 401 and got.error["type"] == "authentication_error",
    "F2": lambda got: got.status == 403 and code_of(got) == "account_session_invalid",
    "F3": lambda got: got.status == 403 and got.error["type"] == "permission_error" and code_of(got) is None,
    "F5": lambda got: got.status == 400 and got.error["message"] == "This organization has been disabled.",
    "F8": lambda got: got.status == 429 and limit_of(got)["resetsAt"] == RESET,
    "F9 seconds": lambda got: got.status == 429 and got.headers["retry-after"] == "3600",
    "F9 date": lambda got: got.headers["retry-after"] == "Mon, 21 Sep 2026 15:13:20 GMT",
    "F10 s": lambda got: got.status == 429 and got.headers["x-ratelimit-reset"] == str(RESET),
    "F10 ms": lambda got: got.headers["x-ratelimit-reset"] == f"{RESET}000",
    "F10 unified": lambda got: got.headers["anthropic-ratelimit-unified-reset"] == str(RESET),
    "F11 reset_at": lambda got: got.json["reset_at"] == "2026-09-21T15:13:20.000000+00:00",
    "F11 retry_after-text": lambda got: got.json["retry_after"] == "3600",
    "F11 retry_after-number": lambda got: got.json["retry_after"] == 3600,
    "F11 resets_at": lambda got: got.error["resets_at"] == RESET,
    "F11 clock": lambda got: "until 3:13 PM" in got.error["message"],
    "F11 nothing": lambda got: got.status == 429 and not re.search(rb"\d{4}", got.body.split(b"req_")[0]),
    "F12 model": lambda got: limit_of(got)["perModelLimit"] is True,
    "F12 concurrents": lambda got: limit_of(got)["representativeClaim"] == "concurrents",
    "F13 413": lambda got: got.status == 413,
    "F13 400": lambda got: got.status == 400 and "too long" in got.error["message"],
    "F14": lambda got: got.status == 529 and got.error["type"] == "overloaded_error",
    "F15": lambda got: (
        got.types == ["message_start", "error"] and got.events[1]["error"]["type"] == "overloaded_error"
    ),
    "F16": lambda got: got.text == "alpha bravo" and got.events[-1]["error"]["type"] == "rate_limit_error",
    "F17": lambda got: not got.broken and got.text == "alpha bravo" and "message_stop" not in got.types,
    "F18": lambda got: (
        got.broken and got.body.endswith(b'{"type":"content_blo') and "message_stop" not in got.types
    ),
    "F20": lambda got: {} in got.events and got.text.startswith("alpha") and "message_stop" in got.types,
    "F21 event": lambda got: "lantern_status" in got.types and got.text.endswith("delta"),
    "F21 delta": lambda got: len(got.deltas("lantern_delta")) == 1 and got.stop == "end_turn",
    "F21 block": lambda got: any(e.get("content_block", {}).get("type") == "lantern" for e in got.events),
    "F22 refusal": lambda got: got.stop == "refusal" and bool(got.text),
    "F22 max_tokens": lambda got: (got.stop, got.text) == ("max_tokens", "alpha bravo"),
    "F22 max_conversation_length": lambda got: (got.stop, got.text) == ("max_conversation_length", ""),
    "F23 html": lambda got: got.status == 200 and got.headers["content-type"].startswith("text/html"),
    "F23 json": lambda got: got.status == 200 and got.error["type"] == "overloaded_error",
    "F24 header": lambda got: got.status == 403 and got.headers["cf-mitigated"] == "challenge",
    "F24 html": lambda got: (
        got.status == 403 and "cf-mitigated" not in got.headers and b"/cdn-cgi/challenge-platform" in got.body
    ),
    "F24 503": lambda got: got.status == 503 and b"Just a moment" in got.body,
    "F25 403": lambda got: got.status == 403 and got.headers["content-type"].startswith("text/html"),
    "F25 502": lambda got: got.status == 502 and b"<html>" in got.body,
    "F25 504": lambda got: got.status == 504 and b"<html>" in got.body,
    "F25 302": lambda got: got.status == 302 and got.headers["location"] == "/login",
}
# And what is met elsewhere or in other ways: each has a test of its own below.
ELSEWHERE = {"F4", "F6", "F7", "F19", "F26"}


def name_of(each: faults.Fault) -> str:
    return f"{each.number} {each.variant}".strip()


def test_every_fault_is_tried_and_told() -> None:
    names = [name_of(each) for each in FAULTS]
    assert {each.number for each in FAULTS} == {f"F{n}" for n in range(1, 27)}
    assert {name for name in names if name.split()[0] not in ELSEWHERE} == set(TURNS)
    told = faults.__doc__ or ""
    assert all(f"| {each.number} |" in told and each.variant in told for each in FAULTS)


@pytest.mark.parametrize("name", TURNS)
async def test_a_turn_meets_a_fault_once(name: str) -> None:
    async with visiting() as (simulator, anna):
        anna.account.script(name, "completion", times=1)
        met = await anna.turn(PROMPT)
        assert TURNS[name](met), (met.status, met.headers, met.body)
        assert (await anna.turn(PROMPT)).text == "alpha bravo charlie delta"
        wanted = "cut" if name in ("F17", "F18") else "whole"
        assert simulator.journal.of("completion")[0].outcome == wanted


async def test_f4_a_bootstrap_of_nobody() -> None:
    async with visiting() as (_, anna):
        anna.account.script("F4")
        assert (await anna.ask("GET", "/api/bootstrap")).json["account"] is None


@pytest.mark.parametrize(
    ("variant", "check"),
    [
        ("empty", lambda got, own: got == []),
        ("api", lambda got, own: [each["capabilities"] for each in got] == [["api", "analytics_api"]]),
        ("several", lambda got, own: len(got) == 3 and got[0]["uuid"] != own and got[1]["uuid"] == own),
        ("object", lambda got, own: isinstance(got, dict) and got["data"][0]["uuid"] == own),
    ],
)
async def test_f6_odd_organizations(variant: str, check: Callable[[Any, str], bool]) -> None:
    async with visiting() as (_, anna):
        anna.account.script(f"F6 {variant}")
        assert check((await anna.ask("GET", "/api/organizations")).json, anna.account.org.uuid)


@pytest.mark.parametrize(
    ("variant", "flag", "alive"),
    [("banned", "banned", True), ("restricted", "restricted", True), ("expired", "banned", False)],
)
async def test_f7_flags(variant: str, flag: str, alive: bool) -> None:
    async with visiting() as (_, anna):
        anna.account.script(f"F7 {variant}")
        (org,) = (await anna.ask("GET", "/api/organizations")).json
        (member,) = (await anna.ask("GET", "/api/account")).json["memberships"]
        (shown,) = org["active_flags"]
        assert member["organization"]["active_flags"] == org["active_flags"]
        assert shown["type"] == flag and (shown["expires_at"] > "2026-09-21T14:13:20") is alive


@pytest.mark.parametrize(("variant", "wanted"), [("headers", 200), ("nothing", None)])
async def test_f19_silence(variant: str, wanted: int | None) -> None:
    async with visiting() as (simulator, anna):
        anna.account.script(f"F19 {variant}")
        path = f"{anna.chats}/{await anna.create()}/completion"
        statuses: list[int] = []

        async def wait_for_it() -> None:
            cookie = {"cookie": f"sessionKey={anna.key}"}
            async with anna.session.post(path, json={"prompt": "x"}, headers=cookie) as got:
                statuses.append(got.status)
                await got.read()

        waiting = asyncio.create_task(wait_for_it())
        while not simulator.journal.of("completion") or (wanted and not statuses):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert statuses == ([] if wanted is None else [wanted]) and not waiting.done()
        waiting.cancel()
        (entry,) = simulator.journal.of("completion")
        while entry.outcome == "open":
            await asyncio.sleep(0.01)
        assert (entry.outcome, anna.account.streaming) == ("left", 0)


@pytest.mark.parametrize(
    ("variant", "status"), [("upload-413", 413), ("upload-415", 415), ("upload-500", 500)]
)
async def test_f26_uploads_fail(variant: str, status: int) -> None:
    async with visiting() as (_, anna):
        anna.account.script(f"F26 {variant}")
        form = aiohttp.FormData()
        form.add_field("file", b"x", filename="a.txt", content_type="text/plain")
        assert (await anna.ask("POST", f"/api/{anna.account.org.uuid}/upload", data=form)).status == status
        assert len(anna.account.files) == 0


async def test_f26_a_conversation_is_refused() -> None:
    async with visiting() as (_, anna):
        anna.account.script("F26 create-429", times=1)
        refused = await anna.ask(
            "POST", anna.chats, json={"uuid": "3f8d8f0e-6f51-4d0e-8a2b-0c9a7e6d5b41", "name": ""}
        )
        assert refused.status == 429 and limit_of(refused)["resetsAt"] == RESET
        await anna.create()


async def test_f26_deleting_fails_twice() -> None:
    async with visiting() as (_, anna):
        anna.account.script("F26 delete-500")
        path = f"{anna.chats}/{await anna.create()}"
        assert [(await anna.ask("DELETE", path)).status for _ in range(4)] == [500, 500, 204, 404]


async def test_f26_a_new_key_comes_in_a_cookie() -> None:
    async with visiting() as (simulator, anna):
        anna.account.script("F26 new-key", "completion")
        got = await anna.turn("Hi")
        found = re.match(r"sessionKey=(sk-ant-sid[^;]+); ", got.headers["set-cookie"])
        assert got.status == 200 and found is not None
        after = Visitor(anna.session, anna.account)
        after.key = found[1]
        assert (await after.turn("Hi")).status == 200
        assert (await anna.turn("Hi")).status == 403
        assert found[1] not in str([entry.shown() for entry in simulator.journal])


def test_a_fault_is_found_by_several_spellings() -> None:
    assert fault("f9.date") is fault("F9 date")
    assert fault("F9").variant == "seconds"
    assert fault("F4").strikes == {Endpoint.BOOTSTRAP}
    with pytest.raises(ValueError, match="seconds, date"):
        fault("F9 never")
