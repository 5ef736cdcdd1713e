"""Every case that says something of Claude Code, through a real gateway and the real CLI, on the simulated Messages API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

import judges
import outside
from conformance.casts import Behind
from conformance.gateways import gateway
from conformance.test_simulated import KEY, failures, judged, moot
from isthmus.conformance import cases_streams
from isthmus.conformance.cast import Cast, Form, Part, Role, Tokens
from isthmus.conformance.subject import BOTH, Api, Lane
from simulators.answers import Answer
from simulators.anthropic_api import AnthropicApi
from simulators.service import RecordedRequest

PACE = {"commit_after_s": 12.0, "keepalive_s": 0.3}
"""A failure may be told as a status after a process has been started, however busy the machine."""
SILENCE_S = 13.0
MODEL = "claude-opus-5-5"


def _marked(*markers: str) -> tuple[Part, ...]:
    return tuple(Part(MODEL, f"[[sim: {marker}]]") for marker in markers)


CAST = Cast(
    "simulated Claude behind Claude Code",
    {
        Role.TEXT: (Part(MODEL),),
        Role.LONG: _marked("long"),
        Role.TOOL: _marked("tool"),
        Role.PARALLEL: _marked("parallel"),
        Role.THINKING: _marked("thinking"),
        Role.JSON: (Part(MODEL),),
        Role.ECHO: _marked("echo"),
        Role.USAGE: (Part(MODEL, "[[sim: cache 15 75 10]]", Tokens(15, 75, 10)),),
        Role.SLOW: _marked("slow 0.3"),
        Role.SILENT: _marked("silent {n}"),
        Role.CUT: _marked("cut"),
        Role.FAILS_MIDWAY: _marked("error api_error"),
        Role.GARBAGE: _marked("html"),
        Role.REFUSAL: _marked("refusal"),
        Role.LENGTH: _marked("max_tokens"),
        Role.UNKNOWN_STOP: _marked("unknown-stop"),
        Role.OVERLOADED: _marked("529"),
        Role.OVERFLOW: _marked("overflow"),
        Role.CREDENTIAL_REFUSED: _marked("401"),
        Role.BROKEN: _marked("500"),
    },
    Form.MESSAGES,
)

LIMITED = {Api.MESSAGES: MODEL, Api.CHAT: "claude-sonnet-5-5"}
"""A model for each dialect, as one that was at its limit rests."""

pytestmark = [pytest.mark.judge, pytest.mark.slow, pytest.mark.timeout(400)]


class Upstream(AnthropicApi):
    """Its echo is of what the client said, without what the CLI adds to every request: two blocks at the head of the system text,
    and empty messages of the operator's. Of those blocks the first is a billing header. Clients of Messages may have one of their
    own, in whose place it stands."""

    def __init__(self, api: Api) -> None:
        super().__init__()
        self._api = api

    def answer(self, request: RecordedRequest) -> Answer:
        answer = super().answer(request)
        if "[[sim: echo]]" not in request.body.decode() or not isinstance(request.json, dict):
            return answer
        return super().answer(replace(request, json=self._of_the_client(request.json)))

    def _of_the_client(self, body: Mapping[str, Any]) -> dict[str, Any]:
        billing, _, *system = body["system"]
        said = [each for each in body["messages"] if each["role"] != "system" or each["content"]]
        return {
            **body,
            "system": [billing, *system] if self._api is Api.MESSAGES else system,
            "messages": said,
        }


def provider(api: AnthropicApi) -> dict[str, Any]:
    """One process is always started ahead of the request that will want it."""
    return {
        "type": "claude-code",
        "api_key": api.key,
        "base_url": api.base_url,
        "proxy": outside.NOBODY_LISTENS,
        "claude_code": {"cli_path": str(judges.claude_cli()), "pool": {"size": 1}},
    }


async def judge(api: Api) -> None:
    """One dialect, on a gateway and a simulator of its own."""
    async with (
        Upstream(api) as upstream,
        gateway({"claude": provider(upstream)}, api_keys=[KEY], streams=PACE) as url,
    ):
        report, lanes = await judged(
            url, model=MODEL, cast=CAST, witness=Behind(upstream), apis=(api,), silence_s=SILENCE_S
        )
    assert lanes == {api: Lane.TRANSLATED}
    assert failures(report) == []
    assert moot(report) == {"REQ-24", "RSP-05"}


async def test_claude_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both dialects at once: much of the time goes into waiting. A process has more time to end than a connection."""
    monkeypatch.setattr(cases_streams, "CANCELLED_WITHIN_S", 15.0)
    async with asyncio.TaskGroup() as dialects:
        for api in BOTH:
            dialects.create_task(judge(api))


async def test_a_limit_is_told_with_a_time_to_come_back() -> None:
    """The CLI does not pass on what the API says of it: the gateway says how long it lets the model rest."""
    async with (
        AnthropicApi() as upstream,
        gateway({"claude": provider(upstream)}, api_keys=[KEY], streams=PACE, rests=True) as url,
    ):
        for api, model in LIMITED.items():
            cast = Cast("a limit", {Role.LIMITED: (Part(model, "[[sim: 429 7]]"),)})
            report, _ = await judged(url, model=model, cast=cast, apis=(api,), only=("ERR-04",))
            assert failures(report) == []
            assert moot(report) == set()
