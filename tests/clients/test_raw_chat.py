"""Chat client, Chat vendor: through the gateway every SDK sees what it would see at the vendor, but for honest errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from clients.asking import Asker, Client, Judged, Usage
from clients.running import RunningGateway
from clients.sdk_errors import check_error
from clients.stage import asked_since
from clients.talking import tool
from simulators.openai_behaviours import TEXT
from simulators.openai_models import MODELS
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fails:
    """What the gateway makes of a vendor's failure. A status of few vendors becomes the usual one."""

    status: int
    kind: str
    midway: bool = False
    provider: str = "vendor"
    plain: Fails | None = None
    """For where the unstreamed answer fails otherwise."""


SERVER = "server_error"
BROKEN = Fails(502, SERVER)
MIDWAY = Fails(502, SERVER, midway=True)
FAILING: dict[str, Fails] = {
    "sim-400": Fails(400, "invalid_request_error"),
    "sim-401": BROKEN,
    "sim-402": BROKEN,
    "sim-403": BROKEN,
    "sim-404": Fails(404, "invalid_request_error"),
    "sim-413": Fails(413, "invalid_request_error"),
    "sim-422": Fails(400, "invalid_request_error"),
    "sim-429": Fails(429, "rate_limit_exceeded"),
    "sim-429-reset-header": Fails(429, "rate_limit_exceeded"),
    "sim-429-quota": Fails(429, "insufficient_quota"),
    "sim-500": BROKEN,
    "sim-502-html": BROKEN,
    "sim-503": Fails(503, SERVER),
    "sim-529": Fails(503, SERVER),
    "sim-html-200": BROKEN,
    "sim-overflow": Fails(400, "invalid_request_error"),
    "sim-overflow-413": Fails(400, "invalid_request_error"),
    "sim-overflow-in-stream": Fails(400, "invalid_request_error"),
    "sim-error-first-frame": Fails(503, SERVER, plain=BROKEN),
    "sim-error-in-stream": MIDWAY,
    "sim-error-event-in-stream": MIDWAY,
    "sim-cut-mid-text": MIDWAY,
    "sim-cut-mid-tool": MIDWAY,
    "sim-cut-inside-frame": MIDWAY,
    "sim-cut-before-first": BROKEN,
    "sim-end-mid-text": MIDWAY,
    "sim-end-mid-tool": MIDWAY,
    "sim-zero-chunks": BROKEN,
    "sim-hang": Fails(504, SERVER, provider="impatient"),
    "sim-stall-5": Fails(504, SERVER, midway=True, provider="impatient"),
}
ELSEWHERE = {"sim-429-then-ok", "sim-500-then-ok", "sim-malformed-json", "sim-json-for-stream"}
UNTOUCHED = sorted(set(MODELS) - set(FAILING) - ELSEWHERE)
TOOLS = [tool("openai")]


def without_counters(value: Any) -> Any:
    """The vendor numbers its answers; all else must be equal."""
    if isinstance(value, dict):
        return {
            name: without_counters(each)
            for name, each in value.items()
            if name not in {"id", "trace", "request_id"}
        }
    return [without_counters(each) for each in value] if isinstance(value, list) else value


def outcome(client: Client, model: str, how: str) -> Any:
    streams = {"stream": True, "stream_options": {"include_usage": True}} if how == "events" else {}
    try:
        said = client.call(
            "chat.completions.create" if how != "final" else "chat.completions.stream",
            how,
            model=model,
            messages=[{"role": "user", "content": "hi"}],
            tools=TOOLS,
            max_tokens=200,
            **streams,
        )
    except Judged as judged:
        return {"raised": judged.name, "said": judged.message}
    return without_counters(said)


@pytest.mark.parametrize("how", ["events", "plain", "final"])
@pytest.mark.parametrize("model", UNTOUCHED)
def test_what_the_vendor_says_is_what_the_client_sees(
    model: str, how: str, chat_sdk: Asker, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    through = outcome(chat_sdk.at(f"{gateway.origin}/vendor"), model, how)
    straight = outcome(chat_sdk.at(vendor.origin, key=vendor.key), model, how)
    assert through == straight


def test_a_plain_answer_to_a_request_for_a_stream_is_streamed(
    chat_sdk: Asker, gateway: RunningGateway
) -> None:
    """RSP-05: straight from the vendor every SDK would see an empty stream."""
    said = chat_sdk.at(f"{gateway.origin}/vendor").say("sim-json-for-stream", "final")
    assert (said.text, said.stop) == (TEXT, "stop")
    assert said.usage == Usage(input=100, output=20, read=75, written=10, reasoning=5)


def test_a_frame_that_is_no_json_is_the_clients_to_judge(chat_sdk: Asker, gateway: RunningGateway) -> None:
    """The raw lane does not mend frames; what was said before arrives, and then the SDK says what it thinks."""
    client = chat_sdk.at(f"{gateway.origin}/vendor")
    told = client.call(
        "chat.completions.create",
        "events",
        model="sim-malformed-json",
        messages=[{"role": "user", "content": "hi"}],
        stream=True,
    )
    assert told["seen"] and told["error"]


def failure(client: Client, model: str, how: str) -> tuple[list[Json], Judged]:
    """What was seen of a stream before it failed, and the failure."""
    job: Json = {"model": model, "messages": [{"role": "user", "content": "hi"}], "tools": TOOLS}
    if how == "events":
        told = client.call("chat.completions.create", "events", stream=True, **job)
        return told["seen"], Judged(told["error"])
    with pytest.raises(Judged) as raised:
        client.call("chat.completions.create", **job)
    return [], raised.value


@pytest.mark.parametrize("how", ["events", "plain"], ids=["stream", "plain"])
@pytest.mark.parametrize("model", FAILING, ids=lambda model: f"ERR-06-{model}")
def test_a_failure_is_honest(model: str, how: str, chat_sdk: Asker, gateway: RunningGateway) -> None:
    """STR-15, STR-16, ERR-01, ERR-04: typed exceptions, in the stream when it has begun."""
    expected = FAILING[model]
    if how == "plain" and expected.plain is not None:
        expected = expected.plain
    client = chat_sdk.at(f"{gateway.origin}/{expected.provider}")
    seen, judged = failure(client, model, how)
    midway = expected.midway and how == "events"
    assert bool(seen) == midway
    check_error(judged, chat_sdk.sdk, expected.status, expected.kind, midway=midway)
    if "overflow" in model:
        assert "context" in judged.message


def test_the_body_goes_through_byte_for_byte(gateway: RunningGateway, vendor: OpenAIVendor) -> None:
    """REQ-24: spacing, order, escapes and number spellings; where the name is mapped, only the name differs."""
    before = len(vendor.requests)
    body = (
        b'{ "stream" : false,\n\t"messages":[{"content":"\\u00fc\\/ \xc3\xbc","role":"user"}] ,"temperature":1.0e0,'
        b'"model":"%s" ,"metadata":{"b":1,"a":[ ]}}'
    )
    assert gateway.ask("/vendor/v1/chat/completions", body % b"sim-echo").status == 200
    assert gateway.ask("/mapped/v1/chat/completions", body % b"gpt-mapped").status == 200
    sent, mapped = (asked.body for asked in asked_since(vendor, before))
    assert sent == mapped == body % b"sim-echo"
