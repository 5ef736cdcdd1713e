"""What the simulated upstreams can play, by model name or by marker."""

from __future__ import annotations

from isthmus.conformance.cast import Cast, Form, Part, Role, Tokens
from simulators.openai_behaviours import OVERFLOW_MESSAGES
from simulators.openai_chunks import CACHE_WRITE_TOKENS, CACHED_TOKENS, COMPLETION_TOKENS, PROMPT_TOKENS
from simulators.service import Simulator

CLAUDE = "claude-opus-4-6"
_FRESH = PROMPT_TOKENS - CACHED_TOKENS - CACHE_WRITE_TOKENS
_USAGE = Tokens(_FRESH, CACHED_TOKENS, CACHE_WRITE_TOKENS, COMPLETION_TOKENS)
_WORDINGS = [f"overflow-{number}" for number in range(1, len(OVERFLOW_MESSAGES) + 1)]


def _named(*names: str) -> tuple[Part, ...]:
    return tuple(Part(f"sim-{name}") for name in names)


def _marked(*markers: str) -> tuple[Part, ...]:
    return tuple(Part(CLAUDE, f"[[sim: {marker}]]") for marker in markers)


VENDOR = Cast(
    "simulated vendor",
    {
        Role.TEXT: _named("text"),
        Role.LONG: _named("long"),
        Role.TOOL: _named("tool"),
        Role.PARALLEL: _named("parallel-tools"),
        Role.THINKING: _named("reasoning"),
        Role.THINKING_TOOLS: _named("reasoning-tools"),
        Role.JSON: _named("text"),
        Role.ECHO: _named("echo"),
        Role.USAGE: (Part("sim-text", tokens=_USAGE),),
        Role.SLOW: _named("slow-0.3"),
        Role.SILENT: _named("silent-{n}"),
        Role.CUT: _named(
            "cut-mid-text", "cut-mid-tool", "cut-inside-frame", "cut-before-first", "zero-chunks"
        ),
        Role.FAILS_MIDWAY: _named("error-in-stream", "error-event-in-stream"),
        Role.GARBAGE: _named("html-200", "malformed-json"),
        Role.JSON_FOR_STREAM: _named("json-for-stream"),
        Role.REFUSAL: _named("refusal"),
        Role.LENGTH: _named("length"),
        Role.UNKNOWN_STOP: _named("finish-unknown"),
        Role.LIMITED: _named("429"),
        Role.OVERLOADED: _named("503", "529"),
        Role.OVERFLOW: _named("overflow", *_WORDINGS, *(f"{each}-in-stream" for each in _WORDINGS)),
        Role.CREDENTIAL_REFUSED: _named("401", "403"),
        Role.BROKEN: _named("500", "502-html"),
        Role.SMALL_OUTPUT: _named("max-tokens-too-large"),
    },
    Form.CHAT,
)

ANTHROPIC = Cast(
    "simulated Anthropic",
    {
        Role.TEXT: (Part(CLAUDE),),
        Role.LONG: _marked("long"),
        Role.TOOL: _marked("tool"),
        Role.PARALLEL: _marked("parallel"),
        Role.THINKING: _marked("thinking"),
        Role.JSON: (Part(CLAUDE),),
        Role.ECHO: _marked("echo"),
        Role.USAGE: (Part(CLAUDE, "[[sim: cache 15 75 10]]", Tokens(15, 75, 10)),),
        Role.SLOW: _marked("slow 0.3"),
        Role.SILENT: _marked("silent {n}"),
        Role.CUT: _marked("cut", "cut-first"),
        Role.FAILS_MIDWAY: _marked("error api_error"),
        Role.REFUSAL: _marked("refusal"),
        Role.LENGTH: _marked("max_tokens"),
        Role.UNKNOWN_STOP: _marked("unknown-stop"),
        Role.LIMITED: _marked("429 7"),
        Role.OVERLOADED: _marked("529"),
        Role.OVERFLOW: _marked("overflow"),
        Role.CREDENTIAL_REFUSED: _marked("401", "403"),
        Role.BROKEN: _marked("500", "html"),
    },
    Form.MESSAGES,
)


class Behind:
    """A witness at a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def last_body(self) -> bytes:
        return self._simulator.requests[-1].body

    async def departures(self) -> int:
        return len(self._simulator.disconnects)
