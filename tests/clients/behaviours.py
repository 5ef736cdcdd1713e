"""What every behaviour of the simulated vendor comes to for a client that speaks Messages, streamed and plain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from clients.asking import Said, Usage
from simulators.openai_behaviours import REASONING, REFUSAL, TEXT

USAGE = Usage(input=15, output=20, read=75, written=10, reasoning=5)
LOOK = "Let me look."
WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
PARIS = ("get_weather", {"city": "Paris", "days": 1})
TOKYO = ("get_weather", {"city": "東京", "days": 2})
BARE = ("get_weather", {})


@dataclass(frozen=True, slots=True)
class Fails:
    """The SDK raises. `status` is the answer's; in a stream that has begun there is none to have any more."""

    status: int
    kind: str
    says: str = ""
    midway: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What a behaviour comes to. `plain` is for where the unstreamed answer cannot be the same."""

    case: str
    model: str
    streamed: Said | Fails
    plain: Said | Fails | None = None
    provider: str = "vendor"
    args: dict[str, Any] | None = None

    def expected(self, how: str) -> Said | Fails:
        return self.streamed if how == "final" or self.plain is None else self.plain


HELLO = Said(TEXT, stop="end_turn")
THOUGHT = replace(HELLO, thinking=REASONING)
CALLED = Said(calls=(PARIS, TOKYO), stop="tool_use")
LOOKED = replace(CALLED, text=LOOK)
BROKEN = Fails(502, "api_error")
CUT = replace(BROKEN, says="broke off", midway=True)
ENDED = replace(BROKEN, says="ended early", midway=True)
CHOKED = replace(BROKEN, midway=True)
TOO_LONG = Fails(400, "invalid_request_error", "prompt is too long: 140000 tokens > 131072 maximum")
SUMMARY = "<summary>The user and the simulator talked at length.</summary>"
LONG_TEXT = " ".join(f"word{n}" for n in range(500))

ROWS = (
    Row("STR-01", "sim-text", HELLO),
    Row("STR-01", "sim-long", Said(LONG_TEXT, stop="end_turn")),
    Row("STR-01", "sim-slow", HELLO),
    Row("STR-02", "sim-reasoning", THOUGHT),
    Row("STR-02", "sim-reasoning-tools", replace(LOOKED, thinking=REASONING)),
    Row("STR-02", "sim-reasoning-field", THOUGHT),
    Row("STR-02", "sim-reasoning-details", THOUGHT),
    Row(
        "STR-03",
        "sim-text-then-reasoning",
        Said(TEXT, f"{REASONING}\n{REASONING}", (PARIS,), "tool_use"),
        Said(TEXT, REASONING, (PARIS,), "tool_use"),
    ),
    Row("STR-04", "sim-all-in-one-chunk", replace(LOOKED, thinking=REASONING)),
    Row("STR-05", "sim-no-index", CALLED),
    Row("STR-06", "sim-index-zero-twice", CALLED),
    Row("STR-07", "sim-interleaved", CALLED),
    Row("STR-08", "sim-cumulative", CALLED),
    Row("STR-08", "sim-doubled-args", CALLED),
    Row("STR-08", "sim-glued-args", CALLED, provider="glued"),
    Row("STR-09", "sim-repeated-names", CALLED),
    Row("STR-09", "sim-names-growing", CALLED),
    Row("STR-10", "sim-args-object", CALLED),
    Row("STR-10", "sim-args-null", Said(calls=(BARE, BARE), stop="tool_use")),
    Row("STR-11", "sim-think-tags", THOUGHT, provider="thinktags"),
    Row("STR-11", "sim-think-tags-unclosed", Said("", REASONING, stop="end_turn"),
        Said("", REASONING + TEXT, stop="end_turn"), provider="thinktags"),
    Row("STR-12", "sim-usage-last", HELLO),
    Row("STR-12", "sim-usage-every", HELLO),
    Row("STR-12", "sim-usage-finish", HELLO),
    Row("STR-12", "sim-usage-after-empty", HELLO),
    Row("STR-12", "sim-usage-none", HELLO),
    Row("STR-13", "sim-finish-twice", HELLO),
    Row("STR-13", "sim-missing-finish", HELLO),
    Row("STR-13", "sim-delta-null", HELLO),
    Row("STR-13", "sim-no-done", HELLO),
    Row("STR-13", "sim-legacy-function-call", Said(calls=(PARIS,), stop="tool_use")),
    Row("STR-13", "sim-empty", Said("", stop="end_turn")),
    Row("STR-14", "sim-crlf", HELLO),
    Row("STR-14", "sim-bytewise", HELLO),
    Row("STR-14", "sim-heartbeat-json", HELLO),
    Row("STR-15", "sim-cut-mid-text", CUT, BROKEN),
    Row("STR-15", "sim-cut-mid-tool", CUT, BROKEN),
    Row("STR-15", "sim-cut-inside-frame", CUT, BROKEN),
    Row("STR-15", "sim-cut-before-first", BROKEN),
    Row("STR-15", "sim-end-mid-text", ENDED, BROKEN),
    Row("STR-15", "sim-end-mid-tool", ENDED, BROKEN),
    Row("STR-15", "sim-zero-chunks", BROKEN),
    Row("STR-16", "sim-malformed-json", CHOKED, BROKEN),
    Row("STR-16", "sim-error-in-stream", CHOKED, BROKEN),
    Row("STR-16", "sim-error-event-in-stream", CHOKED, BROKEN),
    Row("STR-16", "sim-error-first-frame", Fails(529, "overloaded_error"), BROKEN),
    Row("STR-16", "sim-html-200", BROKEN),
    Row("STR-16", "sim-finish-error", CHOKED, BROKEN),
    Row("RSP-03", "sim-finish-unknown", HELLO),
    Row("RSP-03", "sim-finish-stop-with-tools", LOOKED),
    Row("RSP-03", "sim-length", Said(TEXT, stop="max_tokens")),
    Row("RSP-03", "sim-content-filter", Said(TEXT, stop="refusal")),
    Row("RSP-04", "sim-refusal", Said(REFUSAL, stop="refusal")),
    Row("RSP-05", "sim-json-for-stream", HELLO),
    Row("tools", "sim-tool", Said(calls=(PARIS,), stop="tool_use")),
    Row("tools", "sim-parallel-tools", LOOKED),
    Row("agent", "sim-agent", HELLO),
    Row("silence", "sim-silent-1.5", HELLO),
    Row("silence", "sim-stall-1.5", HELLO),
    Row("silence", "sim-silent-headers-1.5", HELLO),
    Row("timeout", "sim-hang", Fails(504, "timeout_error", "did not"), provider="impatient"),
    Row("timeout", "sim-stall-5", Fails(504, "timeout_error", "fell silent", midway=True),
        Fails(504, "timeout_error", "did not complete"), provider="impatient"),
    Row("limits", "sim-max-tokens-too-large", HELLO, args={"max_tokens": 9000}),
    Row("limits", "sim-shared-window", HELLO, args={"max_tokens": 32_700}),
    Row("limits", "sim-no-vision", HELLO),
    Row("ERR-01", "sim-overflow", TOO_LONG),
    Row("ERR-01", "sim-overflow-in-stream", TOO_LONG),
    Row("ERR-01", "sim-overflow-413", replace(TOO_LONG, says="prompt is too long")),
    Row("ERR-01", "sim-compact", Said(SUMMARY, stop="end_turn")),
    Row("ERR-04", "sim-429", Fails(429, "rate_limit_error")),
    Row("ERR-04", "sim-429-reset-header", Fails(429, "rate_limit_error")),
    Row("ERR-04", "sim-429-quota", Fails(429, "rate_limit_error")),
    Row("ERR-04", "sim-503", Fails(529, "overloaded_error")),
    Row("ERR-04", "sim-529", Fails(529, "overloaded_error")),
    Row("ERR-06", "sim-400", Fails(400, "invalid_request_error", "The request is not valid.")),
    Row("ERR-06", "sim-401", Fails(502, "api_error", "credential")),
    Row("ERR-06", "sim-402", Fails(502, "api_error")),
    Row("ERR-06", "sim-403", Fails(502, "api_error")),
    Row("ERR-06", "sim-404", Fails(404, "not_found_error", "model: ")),
    Row("ERR-06", "sim-413", Fails(413, "request_too_large")),
    Row("ERR-06", "sim-422", Fails(400, "invalid_request_error", "Invalid parameters.")),
    Row("ERR-06", "sim-500", BROKEN),
    Row("ERR-06", "sim-502-html", BROKEN),
)  # fmt: skip
ASKED_ELSEWHERE = {"sim-429-then-ok", "sim-500-then-ok", "sim-echo"}
"""Behaviours that take more than one request, or have tests of their own."""
