"""Every behaviour of the simulated vendor as each Anthropic SDK sees it through the gateway, streamed and plain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from clients.asking import Asker, Judged
from clients.behaviours import ASKED_ELSEWHERE, HELLO, ROWS, USAGE, WEATHER, Fails, Row
from clients.running import RunningGateway
from clients.sdk_errors import check_error
from simulators.openai_behaviours import OVERFLOW_MESSAGES
from simulators.openai_models import MODELS
from simulators.openai_vendor import OpenAIVendor


def test_no_behaviour_is_left_out() -> None:
    assert {row.model for row in ROWS} | ASKED_ELSEWHERE >= set(MODELS)


@pytest.mark.parametrize("how", ["final", "plain"], ids=["stream", "plain"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.case}-{row.model}")
def test_a_messages_client_sees(row: Row, how: str, messages_sdk: Asker, gateway: RunningGateway) -> None:
    client = messages_sdk.at(f"{gateway.origin}/{row.provider}")
    expected = row.expected(how)
    args = {"tools": [WEATHER], **(row.args or {})}
    if isinstance(expected, Fails):
        with pytest.raises(Judged) as raised:
            client.say(row.model, how, **args)
        midway = expected.midway and how == "final"
        check_error(raised.value, messages_sdk.sdk, expected.status, expected.kind, midway=midway)
        assert expected.says in raised.value.message
        return
    said = client.say(row.model, how, **args)
    assert said == expected
    assert said.usage is not None
    if row.model == "sim-usage-none":
        assert said.usage.input > 0 and said.usage.output > 0
        return
    forgets_reasoning = (messages_sdk.sdk.name, how) == ("anthropic-node-0", "final")
    assert said.usage == (replace(USAGE, reasoning=0) if forgets_reasoning else USAGE)


@pytest.mark.parametrize("where", ["", "-in-stream"], ids=["status", "stream"])
@pytest.mark.parametrize("number", range(1, len(OVERFLOW_MESSAGES) + 1), ids=lambda k: f"ERR-01-{k}")
def test_every_wording_of_a_long_prompt_is_understood(
    number: int, where: str, asker: Callable[[str], Asker], gateway: RunningGateway
) -> None:
    client = asker("anthropic-python").at(f"{gateway.origin}/vendor")
    with pytest.raises(Judged, match="prompt is too long") as raised:
        client.say(f"sim-overflow-{number}{where}", "final")
    assert (raised.value.status, raised.value.name) == (400, "BadRequestError")


@pytest.mark.parametrize("model", ["sim-429-then-ok", "sim-500-then-ok"])
def test_the_sdks_own_retry_gets_there(
    model: str, messages_sdk: Asker, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    vendor.attempts.pop(model, None)
    client = messages_sdk.at(f"{gateway.origin}/vendor", max_retries=2)
    assert client.say(model, "final") == HELLO
    assert vendor.attempts[model] == 2
