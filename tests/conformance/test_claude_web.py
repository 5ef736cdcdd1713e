"""Every case that says something of claude.ai, through a real gateway, on the simulated service."""

from __future__ import annotations

import asyncio

import pytest

from claude_web_accounts import credentials
from conformance.gateways import gateway
from conformance.test_simulated import KEY, failures, judged, moot
from isthmus.conformance.cast import Cast, Form, Part, Role, Tokens
from isthmus.conformance.subject import BOTH, Api, Lane
from isthmus.simulators.claude_web import Simulator

MODEL = "claude-sonnet-4-6"
PACE = {"commit_after_s": 3.0, "keepalive_s": 0.3}
"""Long enough to ask once more what was overloaded."""
ENDLESS = {"5h": 10_000, "7d": 10_000, "7d_opus": 10_000}


def _marked(*markers: str) -> tuple[Part, ...]:
    return tuple(Part(MODEL, f"[[sim: {marker}]]") for marker in markers)


CAST = Cast(
    "simulated claude.ai",
    {
        Role.TEXT: (Part(MODEL),),
        Role.LONG: _marked("long"),
        Role.TOOL: _marked("tool"),
        Role.PARALLEL: _marked("parallel"),
        Role.THINKING: _marked("thinking"),
        Role.THINKING_TOOLS: (Part(f"{MODEL}-think", "[[sim: parallel]]"),),
        Role.JSON: (Part(MODEL),),
        Role.ECHO: _marked("understood"),
        Role.USAGE: (Part(MODEL, "[[sim: usage]]", Tokens(12, 0, 0, 34)),),
        Role.SLOW: _marked("slow 0.3"),
        Role.SILENT: _marked("silent {n}"),
        Role.CUT: _marked("F17", "F18"),
        Role.FAILS_MIDWAY: _marked("F16", "F20"),
        Role.GARBAGE: _marked("F23 html"),
        Role.REFUSAL: _marked("F22 refusal"),
        Role.LENGTH: _marked("F22 max_tokens"),
        Role.STOP_SEQUENCE: (Part(MODEL),),
        Role.LIMITED: _marked("F12 model", "F12 concurrents", "F11 nothing"),
        Role.OVERLOADED: _marked("F14"),
        Role.OVERFLOW: _marked("F13 413", "F13 400", "F22 max_conversation_length"),
        Role.CREDENTIAL_REFUSED: _marked("F1", "F2", "F5"),
        Role.BROKEN: _marked("F25 502"),
    },
    Form.CHAT,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


class Behind:
    """A witness at the simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def last_body(self) -> bytes:
        return repr(self._simulator.journal.of("completion")[-1].body).encode()

    async def departures(self) -> int:
        return len([each for each in self._simulator.journal if each.outcome == "left"])


async def judge(api: Api) -> None:
    """One dialect, on a gateway and a simulator of its own, with a session key in the configuration."""
    async with Simulator() as simulator:
        account = simulator.add_account("anna", "pro", allowances=ENDLESS, concurrency=50)
        provider = {"type": "claude-web", "claude_web": {"base_url": simulator.url}}
        async with gateway({"web": provider}, [credentials(account)], api_keys=[KEY], streams=PACE) as url:
            report, lanes = await judged(
                url, model=MODEL, cast=CAST, witness=Behind(simulator), apis=(api,), silence_s=4.0
            )
    assert lanes == {api: Lane.TRANSLATED}
    assert failures(report) == []
    assert moot(report) == {"REQ-24", "RSP-05"}


async def test_claude_web() -> None:
    """Both dialects at once: most of the time goes into waiting before something is tried again."""
    async with asyncio.TaskGroup() as dialects:
        for api in BOTH:
            dialects.create_task(judge(api))
