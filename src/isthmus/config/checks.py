"""What no single setting can know: choices that must agree with each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from isthmus.config.draft import Draft
from isthmus.config.fields import is_loopback
from isthmus.config.problems import show, way_out_among
from isthmus.config.settings import ProviderSettings, Settings
from isthmus.core.secret import Secret

MIN_KEY_CHARS: Final = 8
_PLACEHOLDER: Final = re.compile(r"(?:sk-)?your[-_ ]|<.*>\Z|changeme|xxx|\*\*\*", re.IGNORECASE)


def check_across(draft: Draft) -> None:
    """Adds its findings to the draft's problems. Looks at what was written, so that it can speak beside other problems."""
    _check_addresses(draft)
    _check_default_provider(draft)
    _check_aliases(draft)


def _check_addresses(draft: Draft) -> None:
    providers = draft.value(("providers",))
    for name, provider in providers.items() if isinstance(providers, dict) else ():
        if isinstance(provider, dict) and _lacks_address(provider):
            way_out = "add `base_url: https://…/v1`, or `vendor:` with the name of a known one"
            draft.problem(("providers", name), "has no address", way_out)


def _lacks_address(provider: dict[str, object]) -> bool:
    openai_compatible = (provider.get("type") or "openai-compatible") == "openai-compatible"
    return openai_compatible and not provider.get("base_url") and not provider.get("vendor")


def _check_default_provider(draft: Draft) -> None:
    key = ("default_provider",)
    default, providers = draft.value(key), draft.value(("providers",))
    if isinstance(default, str) and isinstance(providers, dict) and providers and default not in providers:
        shown = show(draft.templates.get(key, default))
        draft.problem(key, "not among `providers`", way_out_among(default, list(providers)), found=shown)


def _check_aliases(draft: Draft) -> None:
    aliases = draft.value(("aliases",))
    for name, meant in aliases.items() if isinstance(aliases, dict) else ():
        if name == meant:
            draft.problem(("aliases", name), "stands for itself", "name a model, or `provider/model`")


def notes_on(settings: Settings) -> Iterator[str]:
    """What is allowed and yet probably not meant. Never shows a secret."""
    if not is_loopback(settings.server.host) and not settings.api_keys:
        yield (
            "server.host: other machines can reach this address, and no `api_keys` are set: only keys made with "
            "`isthmus keys create NAME` are let in"
        )
    for at, key in enumerate(settings.api_keys):
        if len(key.reveal()) < MIN_KEY_CHARS:
            yield f"api_keys[{at}]: shorter than {MIN_KEY_CHARS} characters, which is easily guessed"
    for name, provider in settings.providers.items():
        yield from _notes_on_key(name, provider)
    if settings.default_provider is None and len(settings.providers) > 1:
        yield f"default_provider: not set, the first provider is used ({next(iter(settings.providers))!r})"
    if settings.default_provider is not None and not settings.providers:
        yield f"default_provider: no `providers` are set, so {settings.default_provider!r} must be one found at start"


def _notes_on_key(name: str, provider: ProviderSettings) -> Iterator[str]:
    key = provider.api_key
    if _is_placeholder(key):
        yield f"providers.{name}.api_key: looks like a placeholder, put the real key there"
    elif not key and provider.type == "anthropic" and not provider.headers:
        yield f"providers.{name}.api_key: empty, so the upstream will probably refuse every request"


def _is_placeholder(key: Secret) -> bool:
    """Also what cannot be sent: a header takes printable ASCII only, and `sk-…` from a guide is none."""
    value = key.reveal()
    return bool(_PLACEHOLDER.match(value)) or not value.isascii() or value.endswith("...")
