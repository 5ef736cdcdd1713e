"""The real Claude Code CLI is killed, or stops, while a gateway process waits for it: before it asks, before and after the first word."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest

import judges
import outside
from clients.running import Answered
from clients.stage import Stage
from faults.answers import CHAT, LONG_S, MESSAGES
from faults.gateways import Gateway, soon
from faults.hearing import Way, assert_broken_off, assert_refused, assert_whole
from faults.stocking import Stocked, stock
from isthmus.transport.descendants import MARK
from operations.asking import PATHS, ask, body
from simulators.answers import Answer, Pause, Played
from simulators.anthropic_api import AnthropicApi
from simulators.anthropic_behaviours import TEXT
from simulators.service import RecordedRequest

Json = dict[str, Any]
MODEL = "claude-opus-5-5"
WAYS = [Way(dialect, "", stream) for dialect in (MESSAGES, CHAT) for stream in (True, False)]
STREAM, PLAIN = Way(MESSAGES, "", stream=True), Way(CHAT, "", stream=False)
WORDS_AFTER = 5
"""Events of an answer that bring its first words."""
START_S = 60.0
"""A busy machine may need so long for a few processes."""

pytestmark = pytest.mark.judge


def key_of(account: str) -> str:
    return f"sk-ant-{account}"


class Halting(AnthropicApi):
    """Of some keys it says nothing, or no more than the first words."""

    def __init__(self) -> None:
        super().__init__(keys=())
        self.halt()

    def halt(self, silent: Iterable[str] = (), short: Iterable[str] = ()) -> None:
        """From now on, of these keys, and of no others."""
        self.silent, self.short = frozenset(silent), frozenset(short)
        self.requests.clear()

    def answer(self, request: RecordedRequest) -> Answer:
        answer, key = super().answer(request), request.headers.get("x-api-key", "")
        if not isinstance(answer, Played) or key not in self.silent | self.short:
            return answer
        at = WORDS_AFTER if key in self.short else 0
        steps = list(answer.steps)
        return Played([*steps[:at], Pause(LONG_S), *steps[at:]], answer.content_type, answer.headers)

    def asked_by(self, key: str) -> int:
        return sum(each.headers.get("x-api-key") == key for each in tuple(self.requests))


@dataclass
class Scene:
    gateway: Gateway
    api: Halting
    folder: Path
    """Where the gateway keeps its processes."""
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def ask(self, provider: str, way: Way) -> Future[Answered]:
        return self.pool.submit(ask, self.gateway, way.dialect, MODEL, provider=provider, stream=way.stream)

    def listen(self, provider: str, way: Way, spoken: Event) -> Future[Answered]:
        """The same, and tells when the first words of a stream are there."""
        return self.pool.submit(self._listen, provider, way, spoken)

    def _listen(self, provider: str, way: Way, spoken: Event) -> Answered:
        said = msgspec.json.encode(body(MODEL, stream=way.stream))
        connection = HTTPConnection(self.gateway.origin.removeprefix("http://"), timeout=60)
        with closing(connection):
            connection.request(
                "POST", f"/{provider}{PATHS[way.dialect]}", said, {"content-type": "application/json"}
            )
            response, heard = connection.getresponse(), b""
            while piece := response.read1(1 << 16):
                heard += piece
                if b"Hello" in heard:
                    spoken.set()
            return Answered(response.status, dict(response.getheaders()), heard)

    def processes(self, key: str = "") -> list[int]:
        """Those of the account with this key, or all."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                environment = (entry / "environ").read_bytes()
                if f"{MARK}={self.folder}".encode() in environment and key.encode() in environment:
                    found.append(int(entry.name))
        return found

    def strike(self, key: str, number: int = signal.SIGKILL) -> None:
        for pid in self.processes(key):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def assert_nothing_is_left(self, *accounts: str) -> None:
        """No process, no folder of one, no place that is still taken."""
        assert soon(lambda: not self.processes()), self.processes()
        assert soon(lambda: not self.belongings()), self.belongings()
        assert soon(lambda: self.api.open_answers == 0)
        for account in accounts:
            seen = soon(lambda account=account: self.in_flight(account) == 0)  # type: ignore[misc]
            assert seen, account

    def belongings(self) -> list[Path]:
        return [each for each in self.folder.glob("isthmus-programs-*/*") if each.is_dir()]

    def in_flight(self, account: str) -> int:
        told: int = self.gateway.administer(f"/v2/accounts/{account}").json["in_flight"]
        return told


@pytest.fixture(scope="module")
def scene(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """`pair` has a second account, which is well. `lone` and `pair` give up a program that is silent."""
    api = stage.play(Halting)
    home, folder = tmp_path_factory.mktemp("claude-code"), tmp_path_factory.mktemp("programs")
    accounts = {
        name: [Stocked(key_of(f"{name}-{number}")) for number in range(1, count + 1)]
        for name, count in (("solo", 1), ("lone", 1), ("pair", 2))
    }
    claude = {
        "type": "claude-code",
        "base_url": api.base_url,
        "proxy": outside.NOBODY_LISTENS,
        "claude_code": {
            "cli_path": str(judges.claude_cli()),
            "mode": "interactive",
            "pool": {"size": 0},
        },
    }
    impatient = {"first_byte_timeout_s": 15, "idle_timeout_s": 15, "timeout_s": 15}
    token = stock({"data_dir": str(home / "isthmus")}, accounts)
    configuration = {
        "providers": {"solo": claude, "lone": claude | impatient, "pair": claude | impatient},
        "accounts": {"strategy": "priority", "cooldowns": False},
        # Processes are slow to start on a busy machine, and a failure is to be told as a status.
        "streams": {"commit_after_s": 50},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        with Gateway(configuration, home, token) as gateway:
            scene = Scene(gateway, api, folder)
            assert soon(
                lambda: len(gateway.said("Claude Code has passed its self-test")) == len(accounts), START_S
            )
            yield scene
            scene.pool.shutdown()


def test_killed_before_it_asks(scene: Scene) -> None:
    key = key_of("solo-1")
    scene.api.halt(silent=[key])
    answers = {way: scene.ask("solo", way) for way in (STREAM, PLAIN)}
    while not all(answer.done() for answer in answers.values()):
        scene.strike(key)
    for way, answer in answers.items():
        assert_refused(way, answer.result(), "upstream")
    scene.assert_nothing_is_left("solo-1")


def test_killed_before_the_first_word(scene: Scene) -> None:
    key = key_of("solo-1")
    scene.api.halt(silent=[key])
    answers = {way: scene.ask("solo", way) for way in WAYS}
    assert soon(lambda: scene.api.asked_by(key) == len(WAYS), START_S)
    scene.strike(key)
    for way, answer in answers.items():
        assert_refused(way, answer.result(), "upstream")
    scene.assert_nothing_is_left("solo-1")


def test_killed_in_the_middle_of_its_words(scene: Scene) -> None:
    """A stream has begun: it ends honestly. A plain answer has not."""
    key, spoken = key_of("solo-1"), [Event(), Event()]
    scene.api.halt(short=[key])
    streams, plains = [way for way in WAYS if way.stream], [way for way in WAYS if not way.stream]
    heard = [scene.listen("solo", *each) for each in zip(streams, spoken, strict=True)]
    answers = [scene.ask("solo", way) for way in plains]
    assert soon(lambda: scene.api.asked_by(key) == len(WAYS), START_S)
    assert all(each.wait(START_S) for each in spoken)
    scene.strike(key)
    for way, answer in zip(streams, heard, strict=True):
        assert_broken_off(way, answer.result(), "upstream", TEXT)
        assert b"Hello" in answer.result().body
    for way, answer in zip(plains, answers, strict=True):
        assert_refused(way, answer.result(), "upstream")
    scene.assert_nothing_is_left("solo-1")


def test_killed_where_another_account_is_there(scene: Scene) -> None:
    """Nothing has been said to the client, who gets one clean answer."""
    key = key_of("pair-1")
    scene.api.halt(silent=[key])
    answers = {way: scene.ask("pair", way) for way in (STREAM, PLAIN)}
    assert soon(lambda: scene.api.asked_by(key) == len(answers), START_S)
    scene.strike(key)
    for way, answer in answers.items():
        assert_whole(way, answer.result(), TEXT)
    scene.strike(key_of("pair-2"))  # kept for the next turn
    scene.assert_nothing_is_left("pair-1", "pair-2")


def test_stopped_so_that_it_says_nothing_more(scene: Scene) -> None:
    """It is given up when its time is over, and ended though it hears nothing."""
    alone, one_of_two = key_of("lone-1"), key_of("pair-1")
    scene.api.halt(silent=[alone, one_of_two])
    refused = {way: scene.ask("lone", way) for way in (STREAM, PLAIN)}
    helped = scene.ask("pair", PLAIN)
    for key, count in ((alone, len(refused)), (one_of_two, 1)):
        assert soon(lambda key=key, count=count: scene.api.asked_by(key) == count, START_S)  # type: ignore[misc]
        scene.strike(key, signal.SIGSTOP)
    for way, answer in refused.items():
        assert_refused(way, answer.result(), "timeout")
    assert_whole(PLAIN, helped.result(), TEXT)
    scene.strike(key_of("pair-2"))  # kept for the next turn
    scene.assert_nothing_is_left("lone-1", "pair-1", "pair-2")


def test_killed_between_two_turns(scene: Scene) -> None:
    """The one that was kept for the conversation is gone: another one is told all of it."""
    scene.api.halt()
    key, said = key_of("solo-1"), [{"role": "user", "content": "hi"}]
    first = ask(scene.gateway, MESSAGES, MODEL, provider="solo")
    assert_whole(Way(MESSAGES, "", stream=False), first, TEXT)
    assert soon(lambda: len(scene.processes(key)) == 1)
    scene.strike(key)
    said += [{"role": "assistant", "content": TEXT}, {"role": "user", "content": "And now?"}]
    second = ask(scene.gateway, MESSAGES, MODEL, provider="solo", messages=said)
    assert_whole(Way(MESSAGES, "", stream=False), second, TEXT)
    scene.strike(key)
    scene.assert_nothing_is_left("solo-1")
