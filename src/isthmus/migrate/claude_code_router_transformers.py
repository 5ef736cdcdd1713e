"""Transformers of claude-code-router: fix-ups of requests and answers, which mostly have no counterpart as none is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.migrate.entry import Entry

_COVERED: Final = "what is known of the vendor covers it: nothing to set"
_NO_COUNTERPART: Final = "it changes prompts or streams there; nothing is added to requests here"
_NO_DEFAULTS: Final = "there are no default call parameters here: let the client send them"
_CHOOSES: Final = "it chose the provider's type"
_KNOWN: Final = {
    **dict.fromkeys(
        "deepseek groq cerebras vercel OpenAI openai reasoning streamoptions cleancache".split(), _COVERED
    ),
    **dict.fromkeys(("Anthropic", "gemini", "vertex-gemini", "vertex-claude", "openai-responses"), _CHOOSES),
}
_LEFT_OUT: Final = {
    **dict.fromkeys(("forcereasoning", "tooluse", "enhancetool"), _NO_COUNTERPART),
    **dict.fromkeys(("sampling", "customparams"), _NO_DEFAULTS),
}


@dataclass(slots=True)
class Transformers:
    names: list[str] = field(default_factory=list)
    """Those of the provider itself."""
    abilities: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Model pattern → what its `capabilities` say."""
    quirks: dict[str, Any] = field(default_factory=dict)

    @property
    def is_anthropic(self) -> bool:
        return self.names == ["Anthropic"]


def read_transformers(entry: Entry) -> Transformers:
    found = Transformers()
    for name, options in _uses(entry.take("use")):
        found.names.append(name)
        _read(found, entry, f"use.{name}", name, options, "*")
    for model in entry.names():
        if model != "use":
            below = entry.below(model)
            for name, options in _uses(below.take("use")):
                _read(found, below, f"use.{name}", name, options, model)
            below.rest_is_unknown()
    return found


def _uses(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for each in value if isinstance(value, list) else ():
        match each:
            case str():
                yield each, {}
            case [str(name), dict(options)]:
                yield name, options
            case [str(name)]:
                yield name, {}
            case _:
                continue


def _read(
    found: Transformers, entry: Entry, at: str, name: str, options: Mapping[str, Any], model: str
) -> None:
    tokens = options.get("max_tokens")
    if name == "maxtoken" and isinstance(tokens, int) and tokens > 0:
        found.abilities.setdefault(model, {})["max_output_tokens"] = tokens
        entry.carried(at, f"`capabilities` of {model}: max_output_tokens {tokens}")
    elif name == "maxcompletiontokens":
        found.quirks["max_tokens_field"] = "max_completion_tokens"
        entry.carried(at, "`quirks`: max_tokens_field max_completion_tokens")
    elif name == "openrouter" and options:
        entry.left_out(at, _NO_DEFAULTS)
    elif name in _KNOWN or name == "openrouter":
        entry.carried(at, _KNOWN.get(name, _COVERED))
    else:
        entry.left_out(
            at, _LEFT_OUT.get(name, "a plugin of the user's is never run: keep it outside the gateway")
        )
