"""Every model of the dummy provider: its name says what it does. Documentation and the model list are made from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

from isthmus.core.commands import Exchange
from isthmus.core.errors import BadRequest, Kind
from isthmus.providers.dummy import answers, failures
from isthmus.providers.dummy.agent import respond
from isthmus.providers.dummy.failures import Script, fails_with
from isthmus.providers.dummy.scene import Scene


class Model(NamedTuple):
    description: str
    script: Script


class Chosen(NamedTuple):
    """A row of the table, with the figures that stand in the name asked for."""

    name: str
    script: Script
    numbers: tuple[float, ...] = ()


def compact(scene: Scene) -> Exchange:
    """As `dummy`, within a small context window."""
    if (error := failures.overflow_above(scene)) is not None:
        raise error
    yield from respond(scene)


MODELS: Final[Mapping[str, Model]] = {
    "dummy": Model("answers, and uses the tools it is offered for small tasks", respond),
    "dummy-text": Model("one sentence of text", answers.text),
    "dummy-long": Model(f"{answers.LONG_WORDS} words", answers.long),
    "dummy-long-N": Model("N words", answers.long),
    "dummy-thinking": Model("thinks, then answers", answers.thinking),
    "dummy-tool": Model("calls the first tool offered, or the one demanded", answers.tool),
    "dummy-parallel-tools": Model("calls two tools at once", answers.parallel_tools),
    "dummy-echo": Model("the request as the gateway understood it, as JSON", answers.echo),
    "dummy-vision": Model("tells type and size of the images and documents it received", answers.vision),
    "dummy-json": Model("JSON in the shape the request asks for", answers.json),
    "dummy-slow": Model(f"a word every {answers.SLOW_PAUSE_S:g} s", answers.slow),
    "dummy-silent-N": Model("nothing for N seconds, then text", answers.silent),
    "dummy-empty": Model("an answer without content", answers.empty),
    "dummy-refusal": Model("refuses the request", answers.refusal),
    "dummy-max-tokens": Model("stops at the output limit", answers.max_tokens),
    "dummy-stop-sequence": Model("stops at the request's first stop sequence", answers.stop_sequence),
    "dummy-usage-I-R-W-O": Model(
        "reports I input, R cache read, W cache write and O output tokens", answers.usage
    ),
    "dummy-malformed": Model("calls a tool with arguments that are not JSON", answers.malformed),
    "dummy-cut-text": Model("breaks off in the middle of its text", failures.cut_text),
    "dummy-cut-tool": Model("breaks off in the middle of a tool call", failures.cut_tool),
    "dummy-garbage": Model("fails with something that is no answer", fails_with(failures.garbled)),
    "dummy-429": Model(
        f"rate limited, to be retried after {failures.DEFAULT_RETRY_AFTER_S:g} s",
        fails_with(failures.rate_limited),
    ),
    "dummy-429-N": Model("rate limited, to be retried after N s", fails_with(failures.rate_limited)),
    "dummy-529": Model("overloaded", fails_with(failures.overloaded)),
    "dummy-500": Model("broken", fails_with(failures.broken)),
    "dummy-401": Model("refuses the gateway's credential", fails_with(failures.unauthorised)),
    "dummy-overflow": Model("finds every prompt too long", fails_with(failures.overflow)),
    "dummy-compact": Model(
        f"as dummy, but refuses turns of more than about {failures.WINDOW_TOKENS} tokens", compact
    ),
    "dummy-compact-N": Model("as dummy, but refuses turns of more than about N tokens", compact),
}
DEFAULT: Final = "dummy"
ALIASES: Final = re.compile(r"(?:[\w.-]+/)?(?:claude|gpt|chatgpt|o[1-9])\b.*", re.IGNORECASE)
"""Names under which clients ask when nobody told them of the dummy: `claude-opus-5-5`, `gpt-5.6`."""
_NUMBERED: Final = [
    (name, re.compile(re.sub(r"-[A-Z](?=-|\Z)", r"-(\\d+(?:\\.\\d+)?)", name)))
    for name in MODELS
    if re.search(r"-[A-Z](?:-|\Z)", name)
]


def choose(name: str) -> Chosen:
    """Raises `BadRequest` for a name that is in no row, naming those that are near."""
    low = name.lower()
    if (model := MODELS.get(low)) is not None:
        return Chosen(low, model.script)
    for row, pattern in _NUMBERED:
        if found := pattern.fullmatch(low):
            return Chosen(row, MODELS[row].script, tuple(map(float, found.groups())))
    if ALIASES.fullmatch(name):
        return Chosen(DEFAULT, MODELS[DEFAULT].script)
    near = get_close_matches(low, MODELS, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise BadRequest(
        f"model: {name} is not one of the dummy provider's: {hint}It has {', '.join(MODELS)}",
        kind=Kind.MODEL_NOT_FOUND,
        field="model",
    )
