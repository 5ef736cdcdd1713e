"""Every case that says something of Amazon Q, through a real gateway, on the simulated service."""

from __future__ import annotations

import asyncio

import pytest

from conformance.gateways import gateway
from conformance.test_simulated import KEY, failures, judged, moot
from isthmus.conformance.cast import Cast, Form, Part, Role, Tokens
from isthmus.conformance.subject import BOTH, Api, Lane
from isthmus.simulators.amazon_q import Simulator

MODEL = "claude-sonnet-4.5"


def _marked(*markers: str) -> tuple[Part, ...]:
    return tuple(Part(MODEL, f"[[sim: {marker}]]") for marker in markers)


CAST = Cast(
    "simulated Amazon Q",
    {
        Role.TEXT: (Part(MODEL),),
        Role.LONG: _marked("long"),
        Role.TOOL: _marked("tool"),
        Role.PARALLEL: _marked("parallel"),
        Role.THINKING: _marked("thinking"),
        Role.THINKING_TOOLS: _marked("thinking-tools"),
        Role.JSON: (Part(MODEL),),
        Role.ECHO: _marked("understood"),
        Role.USAGE: (Part(MODEL, "[[sim: usage 15 75 10 5]]", Tokens(15, 75, 10, 5)),),
        Role.SLOW: _marked("slow 0.3"),
        Role.SILENT: _marked("silent {n}"),
        Role.CUT: _marked("cut", "cut-tool", "crc-message", "ends-early"),
        Role.FAILS_MIDWAY: _marked("exception-after", "error-frame", "invalid-state"),
        Role.GARBAGE: _marked("html-200", "json-200"),
        Role.REFUSAL: _marked("filtered"),
        Role.LENGTH: _marked("length"),
        Role.STOP_SEQUENCE: (Part(MODEL),),
        Role.UNKNOWN_STOP: _marked("stop ASTONISHED"),
        Role.LIMITED: _marked("throttled", "throttled-after"),
        Role.OVERLOADED: _marked("model-full 0", "503 0"),
        Role.OVERFLOW: _marked("overflow", "prompt-too-long"),
        Role.CREDENTIAL_REFUSED: _marked("expired", "suspended"),
        Role.BROKEN: _marked("500 0"),
    },
    Form.NEUTRAL,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


class Behind:
    """A witness at the simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def last_body(self) -> bytes:
        return self._simulator.chats()[-1].body

    async def departures(self) -> int:
        return len(self._simulator.left)


async def judge(api: Api) -> None:
    """One dialect, on a gateway and a simulator of its own, with a Kiro API key in the configuration."""
    async with Simulator(["api_key"]) as simulator:
        [account] = simulator.people.accounts.values()
        places = {"chat_url": simulator.kiro_url, "profile_arn": account.profile_arn}
        provider = {"type": "amazon-q", "api_key": account.api_key, "amazon_q": places}
        async with gateway({"amazon-q": provider}, api_keys=[KEY]) as url:
            report, lanes = await judged(url, model=MODEL, cast=CAST, witness=Behind(simulator), apis=(api,))
    assert lanes == {api: Lane.TRANSLATED}
    assert failures(report) == []
    assert moot(report) == {"REQ-24", "RSP-05"}


async def test_amazon_q() -> None:
    """Both dialects at once: most of the time goes into waiting before something is tried again."""
    async with asyncio.TaskGroup() as dialects:
        for api in BOTH:
            dialects.create_task(judge(api))
