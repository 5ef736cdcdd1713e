"""The models of the simulated vendor by name.

A name is looked up in MODELS, then among the parameterised names of PATTERNS (`sim-silent-40`, `sim-overflow-3`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from .answers import Answer, Whole, names
from .openai_behaviours import (
    COMPACT_WINDOW,
    OVERFLOW_MESSAGES,
    OVERLOADED,
    REASONING,
    REFUSAL,
    SERVER_ERROR,
    TEXT,
    Interrupt,
    Model,
    Say,
    agent,
    broken_json,
    calls,
    compacts,
    cut_at_once,
    cut_body,
    echo,
    error_in_200,
    fails,
    first_time,
    headers_after,
    html,
    json_for_stream,
    later,
    no_answer,
    overflows,
    overflows_in_stream,
    says,
    shares_window,
    words,
)
from .openai_chunks import StreamShape, Turn
from .openai_deviations import SHAPES, error_frame, paced, silent, stalled

_TOOL = calls(1)
_TOOLS = calls(2, text="Let me look.")
_THOUGHT = says(TEXT, reasoning=REASONING)


def _refusing(interrupt: Interrupt) -> Model:
    return Model(says(TEXT), before=interrupt)


FAILING: dict[str, Interrupt] = {
    "sim-400": fails(400, "The request is not valid."),
    "sim-401": fails(401, "Incorrect API key provided: sk-****.", code="invalid_api_key"),
    "sim-402": fails(402, "Insufficient Balance", kind="insufficient_quota"),
    "sim-403": fails(403, "Your account may not use this model.", kind="permission_denied"),
    "sim-404": fails(
        404, "The model does not exist or you do not have access to it.", code="model_not_found"
    ),
    "sim-413": fails(413, "Request body too large."),
    "sim-422": fails(422, "Invalid parameters."),
    "sim-429": fails(429, "Rate limit reached.", kind="rate_limit_error", headers={"retry-after": "7"}),
    "sim-429-reset-header": fails(
        429,
        "Rate limit reached for requests.",
        kind="requests",
        code="rate_limit_exceeded",
        headers={"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"},
    ),
    "sim-429-quota": fails(
        429, "You exceeded your current quota.", kind="insufficient_quota", code="insufficient_quota"
    ),
    "sim-429-then-ok": first_time(fails(429, "Rate limit reached.", headers={"retry-after": "1"})),
    "sim-500": fails(500, "The server had an error while processing your request.", kind="server_error"),
    "sim-500-then-ok": first_time(fails(500, "The server had an error.", kind="server_error")),
    "sim-502-html": html(502),
    "sim-503": fails(503, "Service is too busy. Please try again later.", kind="server_error"),
    "sim-529": fails(529, "Overloaded", kind="overloaded_error"),
    "sim-html-200": html(200),
    "sim-overflow": fails(400, OVERFLOW_MESSAGES[3], code="context_length_exceeded"),
    "sim-overflow-413": fails(413, "The request does not fit the context window of the model."),
    "sim-json-for-stream": json_for_stream,
    "sim-hang": no_answer,
}

SAYING: dict[str, Say] = {
    "sim-text": says(TEXT),
    "sim-long": words(500),
    "sim-echo": echo,
    "sim-reasoning": _THOUGHT,
    "sim-tool": _TOOL,
    "sim-parallel-tools": _TOOLS,
    "sim-reasoning-tools": calls(2, text="Let me look.", reasoning=REASONING),
    "sim-agent": agent,
    "sim-empty": says(""),
    "sim-refusal": says("", refusal=REFUSAL),
    "sim-length": says(TEXT, finish="length"),
    "sim-content-filter": says(TEXT, finish="content_filter"),
    "sim-finish-unknown": says(TEXT, finish="eos_token"),
    "sim-finish-error": says("Half an ans", finish="insufficient_system_resource"),
    "sim-finish-stop-with-tools": lambda ask: replace(_TOOLS(ask), finish="stop"),
}

SHAPED_SAYING: dict[str, Say] = {
    "sim-legacy-function-call": lambda ask: _legacy(_TOOL(ask)),
    "sim-all-in-one-chunk": calls(2, text="Let me look.", reasoning=REASONING),
    "sim-text-then-reasoning": calls(1, text=TEXT, reasoning=REASONING),
} | dict.fromkeys(("sim-cut-mid-tool", "sim-end-mid-tool"), _TOOL)
SHAPED_SAYING |= dict.fromkeys(
    sorted(
        names("""
    sim-no-index sim-index-zero-twice sim-interleaved sim-cumulative sim-doubled-args sim-repeated-names
    sim-names-growing sim-args-object sim-args-null sim-glued-args""")
    ),
    calls(2),
)
SHAPED_SAYING |= dict.fromkeys(
    sorted(names("sim-reasoning-field sim-reasoning-details sim-think-tags sim-think-tags-unclosed")),
    _THOUGHT,
)

PLAIN_MISHAPS: dict[str, Callable[[bytes], Answer]] = {
    "sim-cut-mid-text": cut_body,
    "sim-cut-mid-tool": cut_body,
    "sim-cut-inside-frame": cut_body,
    "sim-cut-before-first": cut_at_once,
    "sim-end-mid-text": broken_json,
    "sim-end-mid-tool": broken_json,
    "sim-malformed-json": broken_json,
    "sim-zero-chunks": lambda _: Whole(b""),
    "sim-slow": later(1.0),
}


def _legacy(turn: Turn) -> Turn:
    return replace(turn, finish="function_call") if turn.calls else turn


MODELS: dict[str, Model] = {
    **{name: _refusing(interrupt) for name, interrupt in FAILING.items()},
    **{name: Model(say) for name, say in SAYING.items()},
    **{
        name: Model(SHAPED_SAYING.get(name, says(TEXT)), shape, plain=PLAIN_MISHAPS.get(name, Whole))
        for name, shape in SHAPES.items()
    },
    "sim-error-in-stream": Model(
        says(TEXT), StreamShape(framing=error_frame(0.5, SERVER_ERROR), done=False), before=error_in_200
    ),
    "sim-error-event-in-stream": Model(
        says(TEXT),
        StreamShape(framing=error_frame(0.5, SERVER_ERROR, event_line=True), done=False),
        before=error_in_200,
    ),
    "sim-error-first-frame": Model(
        says(TEXT), StreamShape(framing=error_frame(0, OVERLOADED), done=False), before=error_in_200
    ),
    "sim-overflow-in-stream": overflows_in_stream(4),
    "sim-max-tokens-too-large": Model(says(TEXT), output_limit=8192),
    "sim-shared-window": shares_window(32_768),
    "sim-compact": compacts(COMPACT_WINDOW),
    "sim-no-vision": Model(says(TEXT), vision=False),
}


PATTERNS: tuple[tuple[re.Pattern[str], Callable[[str], Model]], ...] = (
    (re.compile(r"sim-long-(\d+)"), lambda n: Model(words(int(n)))),
    (re.compile(r"sim-slow-([\d.]+)"), lambda s: Model(says(TEXT), StreamShape(framing=paced(float(s))))),
    (
        re.compile(r"sim-silent-([\d.]+)"),
        lambda s: Model(says(TEXT), StreamShape(framing=silent(float(s))), plain=later(float(s))),
    ),
    (
        re.compile(r"sim-stall-([\d.]+)"),
        lambda s: Model(says(TEXT), StreamShape(framing=stalled(float(s))), plain=later(float(s))),
    ),
    (re.compile(r"sim-silent-headers-([\d.]+)"), lambda s: _refusing(headers_after(float(s)))),
    (re.compile(r"sim-overflow-(\d+)"), lambda k: _refusing(overflows(int(k)))),
    (re.compile(r"sim-overflow-(\d+)-in-stream"), lambda k: overflows_in_stream(int(k))),
    (re.compile(r"sim-compact-(\d+)"), lambda n: compacts(int(n))),
    (re.compile(r"sim-window-(\d+)"), lambda n: Model(says(TEXT), window=int(n))),
)


def model_named(name: str) -> Model | None:
    """The model of this name, or None if the vendor does not have it."""
    if name in MODELS:
        return MODELS[name]
    for pattern, build in PATTERNS:
        found = pattern.fullmatch(name)
        if found:
            return build(found[1])
    return None
