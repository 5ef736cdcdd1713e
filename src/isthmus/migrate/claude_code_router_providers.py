"""Providers of claude-code-router, of both shapes of its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate.claude_code_router_transformers import Transformers, read_transformers
from isthmus.migrate.claude_code_router_variables import KEYS, expanded
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.upstreams import (
    ANTHROPIC,
    NO_KEY,
    OPENAI,
    add_api_key,
    add_provider,
    fit_weights,
    switch_off,
)

_LOGIN: Final = "ccr-local-agent-login"
_OTHER_API: Final = (
    "this version does not speak {}: use the vendor's OpenAI-compatible endpoint and switch it on"
)
_PROTOCOLS: Final = {"anthropic_messages": ANTHROPIC, "openai_chat_completions": OPENAI}
_LIMITS: Final = {
    "rpm": "requests_per_minute",
    "rpd": "requests_per_day",
    "tpm": "tokens_per_minute",
    "tpd": "tokens_per_day",
}
_REPORTED: Final = {
    "tokenizer": "tokens are counted by the upstream, or estimated",
    "extraBody": "there are no default call parameters here: let the client send them",
    "account": "kept by that program alone",
    "billing": "kept by that program alone",
    "icon": "kept by that program alone",
    "modelDescriptions": "models are listed by name",
}


@dataclass(frozen=True, slots=True)
class Upstream:
    """Which API is where."""

    type: str
    base_url: str
    off: str | None = None


def add_providers(haul: Haul, root: Entry, env: Mapping[str, str], proxy: str | None) -> dict[str, str]:
    """The program's name of each provider that is carried → ours."""
    names: dict[str, str] = {}
    for entry in root.each_below("Providers", "providers"):
        theirs = entry.text("name")
        ours = _add(haul, entry, theirs, env, proxy) if theirs else None
        if not theirs:
            entry.left_out("name", "a provider needs one: add it and run again")
        entry.rest_is_unknown()
        if theirs and ours:
            names[theirs] = ours
    fit_weights(haul)
    return names


def _add(haul: Haul, entry: Entry, wanted: str, env: Mapping[str, str], proxy: str | None) -> str | None:
    keys = _credentials(entry)
    if any(key == _LOGIN for _, key, _ in keys):
        said = f"{wanted!r} stands for a login of another client on that machine, which is not carried"
        entry.left_out("", f"{said}: make an API key with the vendor")
        entry.take(*entry.names())
        return None
    transformers = read_transformers(entry.below("transformer"))
    upstream = _upstream(entry, transformers)
    if upstream is None or not keys:
        entry.left_out(
            "",
            f"{wanted!r} needs an address and a key, and the program skips it, too: add them and run again",
        )
        entry.take(*entry.names())
        return None
    off = upstream.off
    if entry.flag("enabled", words=True) is False:
        off = "it is switched off there: switch it on when it is wanted"
    settings = _settings(entry, upstream, transformers, proxy)
    entry.leave_out(_REPORTED)
    entry.take("id", "protocol")
    name = add_provider(haul, entry.path, wanted, upstream.type, settings, off=off)
    if name is not None:
        _add_accounts(haul, entry, name, keys, env)
        _keep_names(haul, wanted, name, settings)
    return name


def _credentials(entry: Entry) -> list[tuple[str, str, dict[str, Any]]]:
    """Place, key as written, and fields of the account."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    listed = entry.each_below("credentials", "keys", "apiKeys")
    if (text := entry.text(*KEYS)) is not None and not listed:
        found.append((entry.at("api_key"), text, {}))
    for each in listed:
        key = each.text("api_key", "apiKey", "apikey", "key", "token") or ""
        fields: dict[str, Any] = {}
        if label := each.text("name", "label", "id"):
            fields["label"] = label
        each.take("id")
        if each.flag("enabled", words=True) is False:
            fields |= {"enabled": False, "off_reason": "it is switched off there"}
        for name in ("priority", "weight"):
            if (value := each.integer(name)) is not None:
                fields[name] = value
                each.carried(name, f"`{name}` {value} of the account")
        fields |= _limits(each.below("limits"))
        each.rest_is_unknown()
        found.append((each.path, key, fields))
    return found


def _limits(limits: Entry) -> dict[str, int]:
    fields = {}
    for theirs, ours in _LIMITS.items():
        if (value := limits.integer(theirs)) is not None and value > 0:
            fields[ours] = value
            limits.carried(theirs, f"`{ours}` {value} of the account")
    others = [name for name in limits.names() if name not in _LIMITS]
    limits.leave_out(dict.fromkeys(others, "limits are per minute and day here: set one of those"))
    return fields


def _upstream(entry: Entry, transformers: Transformers) -> Upstream | None:
    capabilities = entry.each_below("capabilities")
    written = entry.text("api_base_url", "baseUrl", "baseurl")
    for wanted in _PROTOCOLS:
        for each in capabilities:
            if each.text("type") == wanted:
                base = each.text("baseUrl") or written
                each.take("endpoint")
                return Upstream(_PROTOCOLS[wanted], _cut(base)) if base else None
    if not written:
        return None
    protocol = capabilities[0].text("type") if capabilities else entry.text("protocol")
    if protocol is not None and protocol not in _PROTOCOLS:
        return Upstream(OPENAI, _cut(written), _OTHER_API.format(protocol))
    if other := _other_api(written, transformers):
        return Upstream(OPENAI, _cut(written), _OTHER_API.format(other))
    is_messages = written.rstrip("/").endswith("/messages") or transformers.is_anthropic
    kind = _PROTOCOLS[protocol] if protocol else ANTHROPIC if is_messages else OPENAI
    return Upstream(kind, _cut(written))


def _other_api(url: str, transformers: Transformers) -> str | None:
    if url.rstrip("/").endswith("/responses") or "openai-responses" in transformers.names:
        return "the Responses API"
    if "/v1beta/models" in url or "gemini" in transformers.names:
        return "Gemini's API"
    if any(name.startswith("vertex-") for name in transformers.names):
        return "Vertex"
    return None


def _cut(url: str) -> str:
    base = url.strip().rstrip("/")
    for ending in ("/chat/completions", "/v1/messages", "/messages", "/responses"):
        if base.endswith(ending):
            return base.removesuffix(ending)
    return base


def _settings(
    entry: Entry, upstream: Upstream, transformers: Transformers, proxy: str | None
) -> dict[str, Any]:
    models = entry.texts("models")
    settings: dict[str, Any] = {"base_url": upstream.base_url, "models": {each: each for each in models}}
    if models:
        entry.carried("models", f"`models`: {', '.join(models)}")
    if proxy:
        settings["proxy"] = Secret(proxy)
    if headers := entry.below("extraHeaders").all_texts():
        settings["headers"] = {name: Secret(text) for name, text in headers.items()}
        entry.carried("extraHeaders", f"headers of the provider: {', '.join(headers)}")
    abilities = dict(transformers.abilities)
    for model, window in _windows(entry.below("modelMetadata")).items():
        abilities[model] = {**abilities.get(model, {}), "context_window": window}
    if abilities:
        settings["capabilities"] = abilities
    if transformers.quirks and upstream.type == OPENAI:
        settings["quirks"] = dict(transformers.quirks)
    return settings


def _windows(metadata: Entry) -> dict[str, int]:
    found = {}
    for model in metadata.names():
        window = metadata.below(model).integer("contextWindow", "context_window", "contextLength")
        if window is not None and window > 0:
            found[model] = window
            metadata.carried(model, f"`capabilities`: context_window {window}")
    return found


def _add_accounts(
    haul: Haul, entry: Entry, name: str, keys: list[tuple[str, str, dict[str, Any]]], env: Mapping[str, str]
) -> None:
    before = len(haul.accounts)
    for place, (at, written, fields) in enumerate(keys, start=1):
        label = fields.pop("label", None) or (name if len(keys) == 1 else f"{name} {place}")
        key = expanded(written, env)
        if key.unset:
            haul.report.left_out.append(
                Line(at, f"environment variable {key.unset} is not set: set it and run again")
            )
        elif add_api_key(haul, at, name, key.text, label, **fields) and key.used:
            said = f"the value that {key.used} has now is kept encrypted: a later change of the variable is not seen"
            haul.report.changed.append(Line(at, said))
    if len(haul.accounts) == before:
        switch_off(haul, entry.path, name, NO_KEY)


def _keep_names(haul: Haul, wanted: str, name: str, settings: Mapping[str, Any]) -> None:
    """Clients may have asked for `provider,model`."""
    for model in settings["models"]:
        haul.aliases[f"{wanted},{model}"] = f"{name}/{model}"
