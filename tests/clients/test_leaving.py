"""Clients that leave, and clients that wait: who hangs up is noticed upstream, who waits hears something."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from clients.asking import ANTHROPIC, Asker, Judged
from clients.running import NO_REST, RunningGateway
from simulators.anthropic_api import AnthropicApi
from simulators.openai_behaviours import TEXT
from simulators.openai_vendor import OpenAIVendor
from simulators.service import Simulator

Json = dict[str, Any]
Gateways = Callable[[Json], RunningGateway]
NOTICED_S = 1.0


def seconds_until(happened: Callable[[], bool], at_most: float) -> float:
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < at_most, f"not within {at_most:g} s"
        time.sleep(0.01)
    return time.monotonic() - began


def left(gateway: RunningGateway) -> list[Json]:
    return [line for line in gateway.log if line.get("client_left")]


@pytest.mark.parametrize("provider", ["vendor", "claude"])
def test_who_hangs_up_is_noticed_upstream(
    provider: str,
    any_sdk: Asker,
    gateway: RunningGateway,
    vendor: OpenAIVendor,
    claude_api: AnthropicApi,
) -> None:
    """STR-21, in all four lanes."""
    simulator: Simulator = claude_api if provider == "claude" else vendor
    model = "claude-opus-4-6" if provider == "claude" else "sim-slow-0.2"
    before, logged = len(simulator.disconnects), len(left(gateway))
    call = "messages.create" if any_sdk.sdk.protocol == ANTHROPIC else "chat.completions.create"
    any_sdk.at(f"{gateway.origin}/{provider}").call(
        call,
        "leave",
        model=model,
        max_tokens=500,
        stream=True,
        messages=[{"role": "user", "content": "[[sim: slow 0.2]]"}],
    )
    seconds_until(lambda: len(simulator.disconnects) > before, NOTICED_S)
    assert simulator.disconnects[-1].model == model
    seconds_until(lambda: len(left(gateway)) > logged, 2)
    assert left(gateway)[-1]["output_tokens_are"] == "estimated"


def test_who_hangs_up_before_the_answer_is_noticed_too(
    chat_sdk: Asker, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    before = len(vendor.disconnects)
    client = chat_sdk.at(f"{gateway.origin}/vendor", timeout=1)
    with pytest.raises(Judged) as raised:
        client.say("sim-hang")
    assert "APIConnectionError" in raised.value.bases
    seconds_until(lambda: len(vendor.disconnects) > before, NOTICED_S)


@pytest.fixture(scope="module")
def talkative(
    vendor: OpenAIVendor, claude_api: AnthropicApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A gateway that is never silent for longer than a third of a second."""
    configuration = {
        "accounts": NO_REST,
        "streams": {"commit_after_s": 0.3, "keepalive_s": 0.3},
        "providers": {
            "vendor": {"base_url": vendor.base_url, "api_key": vendor.key},
            "claude": {"type": "anthropic", "base_url": claude_api.base_url, "api_key": claude_api.key},
            "dummy": {"type": "dummy"},
        },
    }
    with RunningGateway(configuration, tmp_path_factory.mktemp("talkative")) as running:
        yield running


SILENT = [
    ("vendor", "sim-silent-1.5"),
    ("vendor", "sim-stall-1.5"),
    ("vendor", "sim-silent-headers-1.5"),
    ("claude", "claude-opus-4-6"),
    ("dummy", "dummy-silent-1.5"),
]


@pytest.mark.parametrize(("provider", "model"), SILENT, ids=lambda value: value)
@pytest.mark.parametrize("protocol", ["messages", "chat/completions"])
async def test_a_silent_upstream_is_covered_by_keep_alives(
    protocol: str, provider: str, model: str, talkative: RunningGateway
) -> None:
    """STR-17: never more than the configured silence, in words the dialect's clients ignore."""
    body = {
        "model": model,
        "max_tokens": 500,
        "stream": True,
        "messages": [{"role": "user", "content": "[[sim: silent 1.5]]"}],
    }
    arrivals = [time.monotonic()]
    text = b""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{talkative.origin}/{provider}/v1/{protocol}", json=body) as answer,
    ):
        assert answer.status == 200
        async for chunk in answer.content.iter_any():
            arrivals.append(time.monotonic())
            text += chunk
    gaps = [after - before for before, after in pairwise(arrivals)]
    assert max(gaps) < 0.9, gaps
    kept = (
        text.count(b"event: ping\n")
        if protocol == "messages"
        else text.count(b"\n: ping\n") + text.startswith(b": ping")
    )
    assert 3 <= kept <= 6, text[:500]


@pytest.mark.parametrize(("provider", "model"), SILENT, ids=lambda value: value)
def test_the_sdks_are_unharmed_by_keep_alives(
    provider: str, model: str, any_sdk: Asker, talkative: RunningGateway
) -> None:
    said = any_sdk.at(f"{talkative.origin}/{provider}").say(model, "final", prompt="[[sim: silent 1]]")
    assert said.text == TEXT if provider == "vendor" else said.text
