"""Sessions of the simulated claude.ai behind a gateway process; what its clients hear of a fault, and what becomes of accounts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claude_web_accounts import session, store
from clients.running import Answered
from clients.stage import Stage
from faults.answers import CHAT, MESSAGES
from faults.gateways import Gateway, soon
from faults.hearing import STATUSES, TYPES, Way
from faults.stocking import stock
from isthmus.config import Settings
from isthmus.simulators.claude_web import Account, Simulator
from operations.asking import ask

Json = dict[str, Any]
MODEL = "claude-opus-4-6"
WORD = "pong"
ASK = f"Reply with the single word {WORD}"
HOUR_S = 3600
STREAMED, WHOLE = Way(MESSAGES, "", True), Way(CHAT, "", False)


@dataclass(frozen=True, slots=True)
class Fate:
    """`hears`: the kind of error of a client for whom there is no other account; empty: the answer."""

    hears: str = ""
    helps: bool = True
    """Another account is asked, before the first word."""
    midway: bool = False
    """A stream has begun, so that there it breaks off."""
    off: str = ""
    """The account is switched off, for a reason that begins like this."""
    rests: str = ""
    """The account rests, with this reason."""
    model: bool = False
    """For one model only."""
    for_s: float | None = None
    until_by: str = ""
    """Where the end of its rest was found."""
    says: str = ""
    """Words the client hears."""


def spent(until_by: str) -> Fate:
    return Fate("rate_limit", rests="quota", for_s=HOUR_S, until_by=until_by)


BUSY = Fate("rate_limit", rests="rate_limit", model=True, for_s=5)
CUT = Fate("upstream", midway=True)
BLOCKED = Fate("overloaded", helps=False, says="network path is blocked")
TOO_LONG = Fate("too_long", helps=False)


@dataclass(frozen=True, slots=True)
class Scene:
    gateway: Gateway
    simulator: Simulator

    def ask(self, way: Way, provider: str, text: str = ASK, **more: Any) -> Answered:
        return ask(self.gateway, way.dialect, MODEL, provider=provider, stream=way.stream, text=text, **more)

    def account(self, id: str) -> Account:
        return self.simulator.accounts[id]

    def completions(self, id: str) -> int:
        return len(self.simulator.journal.of("completion", id))


@dataclass(frozen=True, slots=True)
class Place:
    """An account of a provider, preferred in the order in which they are given; `fault` befalls it until it is cleared."""

    id: str
    fault: str = ""
    plan: str = "max"


def prepared(
    stage: Stage,
    home: Path,
    places: Mapping[str, Sequence[Place]],
    providers: Mapping[str, Json] | None = None,
    **settings: Any,
) -> Scene:
    """The accounts of each provider, and a gateway that is not started yet. `providers`: what some say beyond their type."""
    simulator = stage.play(Simulator)
    storage = {"data_dir": str(home / "isthmus")}
    stored = []
    for provider, listed in places.items():
        for priority, place in enumerate(listed):
            person = simulator.add_account(place.id, place.plan)
            if place.fault:
                person.script(place.fault)
            stored.append(session(person, provider=provider, priority=priority))
    own = {"type": "claude-web", "claude_web": {"base_url": simulator.url}}
    configured: Json = {
        "storage": storage,
        "providers": {name: own | (providers or {}).get(name, {}) for name in places},
        "accounts": {"strategy": "priority", "queue_timeout_s": 1},
        **settings,
    }
    token = stock(storage, {})
    asyncio.run(store(Settings.model_validate(configured), stored))
    return Scene(Gateway(configured, home, token), simulator)


def hear(way: Way, answer: Answered, fate: Fate) -> None:
    if not fate.hears:
        assert answer.status == 200, answer.body
        assert b'"error"' not in answer.body, answer.body
        return
    if fate.midway and way.stream:
        assert answer.status == 200, answer.body
        assert f'"type":"{TYPES[fate.hears][way.dialect]}"'.encode() in answer.body.split(b"event: error")[-1]
        assert b"message_stop" not in answer.body
        return
    error = json.loads(answer.body)["error"]
    if fate.hears == "too_long":
        words = "prompt is too long" if way.dialect == MESSAGES else "maximum context length"
        assert (answer.status, words in error["message"]) == (400, True), error
        return
    assert answer.status == STATUSES[fate.hears][way.dialect], answer.body
    wanted = TYPES[fate.hears][way.dialect]
    if fate.rests == "quota" and fate.hears == "rate_limit" and way.dialect == CHAT:
        wanted = "insufficient_quota"
    assert error["type"] == wanted, error
    assert fate.says in error["message"]
    if fate.hears == "rate_limit":
        assert float(answer.headers["retry-after"]) > 0


def assert_account(scene: Scene, id: str, fate: Fate) -> None:
    gateway = scene.gateway
    if fate.off:
        assert soon(lambda: not gateway.account(id)["enabled"]), gateway.account(id)
        assert gateway.account(id)["off_reason"].startswith(fate.off)
        return
    assert gateway.account(id)["enabled"]
    rests = soon(lambda: gateway.cooldowns(id), 15 if fate.rests else 0)
    assert [each["reason"] for each in rests] == ([fate.rests] if fate.rests else []), rests
    if not fate.rests:
        return
    [rest] = rests
    assert (rest["model"] or None) == (MODEL if fate.model else None), rest
    if fate.for_s is not None:
        # A clock's text knows minutes only.
        assert abs(rest["until_ms"] / 1000 - time.time() - fate.for_s) < 90, rest
    if fate.until_by:
        lines = [line for line in gateway.log if line["event"] == "request" and line.get("account") == id]
        assert fate.until_by in lines[-1].get("error_detail", ""), lines[-1]
