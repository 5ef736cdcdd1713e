"""The simulator as its users have it: in this process, by its page, and as a process of its own."""

import json
import signal
import subprocess
import sys

import aiohttp
import pytest

from isthmus.simulators.amazon_q import Simulator
from isthmus.simulators.amazon_q.accounts import KINDS
from simulators.amazon_q.asking import Clock, asked, bearer, chat, events, request, text_of, told


@pytest.mark.parametrize("kind", KINDS)
def test_an_account_of_each_kind_is_ready(simulator: Simulator, kind: str) -> None:
    entry = simulator.entry_of(simulator.add_account(kind))
    assert entry["kind"] == kind
    members = {
        "builder_id": {"access_token", "refresh_token", "client_id", "client_secret"},
        "social": {"access_token", "refresh_token"},
        "api_key": {"api_key"},
        "external_idp": {"access_token", "refresh_token", "client_id"},
    }
    members["idc"] = members["builder_id"]
    assert entry["credential"].keys() == members[kind]
    assert ("expires_at" in entry["details"]) == (kind != "api_key")
    assert ("profile_arn" in entry["details"]) == (kind != "builder_id")
    assert ("token_url" in entry["details"]) == (kind in {"builder_id", "idc"})
    assert ("token_endpoint" in entry["details"]) == (kind == "external_idp")


def test_an_entry_holds_the_newest_tokens_and_when_they_end(simulator: Simulator, clock: Clock) -> None:
    [account] = simulator.people.accounts.values()
    before = simulator.entry_of(account)
    clock.now += 60
    simulator.people.refresh(account, account.refreshing.current)
    after = simulator.entry_of(account)
    assert before["credential"]["refresh_token"] != after["credential"]["refresh_token"]
    assert (before["details"]["expires_at"], after["details"]["expires_at"]) == (
        "2026-09-21T15:13:20Z",
        "2026-09-21T15:14:20Z",
    )


def test_the_same_seed_gives_the_same_answers(clock: Clock) -> None:
    streams = []
    for _ in range(2):
        made = Simulator(["idc"], seed=3, clock=clock)
        [account] = made.people.accounts.values()
        streams.append(asked(made, account, chat("[[sim: interleaved]]", profileArn=account.profile_arn)))
    assert streams[0] == streams[1]
    assert events(streams[0])


def test_an_account_is_suspended_or_fails_a_few_times(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    simulator.fail(account, "500", "throttled 3")
    assert [told(asked(simulator, account, chat()))["status"] for _ in range(2)] == [500, 429]
    assert text_of(asked(simulator, account, chat()))
    simulator.suspend(account)
    assert told(asked(simulator, account, chat()))["reason"] == "TEMPORARILY_SUSPENDED"
    with pytest.raises(ValueError, match="no fault"):
        simulator.fail(account, "astonished")


def test_the_log_keeps_what_was_received_and_is_bounded(clock: Clock) -> None:
    simulator = Simulator(["builder_id"], clock=clock, keep=3)
    [account] = simulator.people.accounts.values()
    for number in range(5):
        asked(simulator, account, chat(f"Hello {number}"), headers={"x-a": str(number)})
    simulator.answer(request("/q/getUsageLimits", method="GET", headers=bearer(account)))
    assert len(simulator.log) == 3
    assert [each.headers["x-a"] for each in simulator.chats()] == ["3", "4"]
    assert simulator.chats()[-1].account == account.id


async def test_a_person_approves_on_the_page() -> None:
    async with Simulator() as simulator, aiohttp.ClientSession() as client:
        begun = simulator.sign_ins.begin("builder_id", "c", "us-east-1", None)
        async with client.get(f"{simulator.page_url}?user_code={begun.user_code}") as page:
            shown = await page.text()
            assert page.headers["content-type"].startswith("text/html")
        assert begun.user_code in shown
        form = {"user_code": begun.user_code, "email": "me@example.com", "answer": "approve"}
        async with client.post(simulator.page_url, data=form) as page:
            assert "Approved for me@example.com" in await page.text()
        assert begun.account is not None
        async with client.post(simulator.page_url, data=form) as page:
            assert "begin again" in await page.text()
        other = simulator.sign_ins.begin("builder_id", "c", "us-east-1", None)
        async with client.post(
            simulator.page_url, data={"user_code": other.user_code, "answer": "deny"}
        ) as page:
            assert "Denied" in await page.text()
        async with client.get(f"{simulator.page_url}?user_code=NONE-HERE") as page:
            assert "No sign-in waits" in await page.text()


def test_elsewhere_there_is_nothing(simulator: Simulator) -> None:
    assert told(simulator.answer(request("/elsewhere", {})))["status"] == 404


def test_as_a_process_it_says_where_it_is_and_who_is_there() -> None:
    command = [
        sys.executable,
        "-m",
        "isthmus.simulators.amazon_q",
        "--account",
        "idc",
        "--account",
        "api_key",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert said["url"].startswith("http://127.0.0.1:")
    assert [each["kind"] for each in said["accounts"]] == ["idc", "api_key"]
    assert said["accounts"][0]["details"]["chat_url"] == f"{said['url']}/kiro"
