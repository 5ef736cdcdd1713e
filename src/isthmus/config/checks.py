"""What no single setting can know: choices that must agree with each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from isthmus.config.draft import Draft
from isthmus.config.fields import is_loopback
from isthmus.config.problems import show, way_out_among
from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import Settings
from isthmus.core.secret import Secret

MIN_KEY_CHARS: Final = 8
CLAUDE_WEB: Final = "claude-web"
CLAUDE_CODE: Final = "claude-code"
SUBSCRIPTION: Final = "sk-ant-oat"
"""How tokens of a subscription to Claude begin."""
NO_SOCKS: Final = "Claude Code speaks with no SOCKS proxy"
NO_SOCKS_WAY_OUT: Final = "name one of http://… or https://…, or remove it"
_YES: Final = frozenset({"true", "yes", "on", "1", "t", "y"})
_OPEN: Final = "would let whoever reaches this address run programs on this machine and read its files"
_OPEN_WAY_OUT: Final = "listen on 127.0.0.1, remove it, or set `allow_on_network: true` beside it"
_PLACEHOLDER: Final = re.compile(r"(?:sk-)?your[-_ ]|<.*>\Z|changeme|xxx|\*\*\*", re.IGNORECASE)


def check_across(draft: Draft) -> None:
    """Adds its findings to the draft's problems. Looks at what was written, so that it can speak beside other problems."""
    _check_addresses(draft)
    _check_default_provider(draft)
    _check_aliases(draft)
    _check_mirror(draft)
    _check_file_access(draft)
    _check_proxies(draft)


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


def _check_mirror(draft: Draft) -> None:
    mirror, providers = draft.value(("mirror",)), draft.value(("providers",))
    if not isinstance(mirror, dict) or str(mirror.get("enabled")).lower() not in _YES:
        return
    prefix, named = mirror.get("prefix"), providers if isinstance(providers, dict) else {}
    if prefix is None:
        way_out = "set it, such as `/mirror`"
        draft.problem(("mirror", "prefix"), "is missing, and `mirror.enabled` needs it", way_out)
    elif isinstance(prefix, str) and (first := prefix.strip("/").partition("/")[0]) in named:
        draft.problem(("mirror", "prefix"), f"begins like the paths of provider {first!r}", "choose another")
    provider = named.get(mirror.get("provider"))
    if isinstance(provider, dict) and provider.get("type") != CLAUDE_WEB:
        way_out = f"name one of type {CLAUDE_WEB!r}"
        draft.problem(("mirror", "provider"), "has no sessions that callers could have", way_out)


def _check_file_access(draft: Draft) -> None:
    host = draft.value(("server", "host"))
    providers = draft.value(("providers",))
    if not isinstance(host, str) or is_loopback(host) or not isinstance(providers, dict):
        return
    for name, provider in providers.items():
        own = provider.get("claude_code") if isinstance(provider, dict) else None
        access = own.get("file_access") if isinstance(own, dict) else None
        if isinstance(access, dict) and _means_yes(access, "skip_permissions"):
            if not _means_yes(access, "allow_on_network"):
                where = ("providers", name, "claude_code", "file_access", "skip_permissions")
                draft.problem(where, _OPEN, _OPEN_WAY_OUT, found=f"server.host {host}")


def _check_proxies(draft: Draft) -> None:
    providers = draft.value(("providers",))
    for name, provider in providers.items() if isinstance(providers, dict) else ():
        proxy = provider.get("proxy") if isinstance(provider, dict) else None
        if isinstance(proxy, str | Secret):
            shown = proxy.reveal() if isinstance(proxy, Secret) else proxy
            if is_socks_for_claude_code(str(provider.get("type")), shown):
                draft.problem(("providers", name, "proxy"), NO_SOCKS, NO_SOCKS_WAY_OUT)


def is_socks_for_claude_code(type: str, proxy: str) -> bool:
    """The gateway itself speaks SOCKS. Claude Code, which is given the address, does not."""
    return type == CLAUDE_CODE and proxy.strip().lower().startswith("socks")


def network_problem(settings: Settings, provider: ProviderSettings) -> str | None:
    """Why a provider that was added at run time may not be served to other machines."""
    access = provider.claude_code.file_access
    if not access.skip_permissions or access.allow_on_network or is_loopback(settings.server.host):
        return None
    return f"`claude_code.file_access.skip_permissions` {_OPEN}: {_OPEN_WAY_OUT}"


def _means_yes(section: Mapping[str, object], name: str) -> bool:
    return str(section.get(name)).lower() in _YES


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
    elif provider.type == CLAUDE_CODE and key.reveal().startswith(SUBSCRIPTION):
        yield (
            f"providers.{name}.api_key: the token of a subscription, whose terms decide who may be answered with it "
            "(docs/claude-code.md)"
        )
    elif not key and provider.type == "anthropic" and not provider.headers:
        yield f"providers.{name}.api_key: empty, so the upstream will probably refuse every request"


def _is_placeholder(key: Secret) -> bool:
    """Also what cannot be sent: a header takes printable ASCII only, and `sk-…` from a guide is none."""
    value = key.reveal()
    return bool(_PLACEHOLDER.match(value)) or not value.isascii() or value.endswith("...")
