"""CLIProxyAPI's lists of vendor keys and OpenAI-compatible providers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul
from isthmus.migrate.upstreams import ANTHROPIC, NO_KEY, OPENAI, add_api_key, add_provider, switch_off

_RESPONSES: Final = "the upstream speaks the Responses API, which this version does not: switch it on if it has /chat/completions, too"
_GOOGLE: Final = "https://generativelanguage.googleapis.com/v1beta/openai"
_GEMINI: Final = (
    "Google's OpenAI endpoint is taken instead of Gemini's own API: test an account, then switch it on"
)
_DIRECT: Final = frozenset(("direct", "none"))
_ENTRY_REPORTED: Final = {
    "request-retry": "attempts are counted for all: see `accounts.max_attempts`",
    "disable-cooling": "accounts rest until the vendor's own reset time here",
    "request-scoped-errors": "errors are told apart by the provider's own table",
    "websockets": "the upstream is reached by plain requests",
    "alpha-search": "there is no such thing here",
    "support-prompt-cache-key": "as known of the vendor: see `quirks` of the provider",
    "cloak": "disguise as another client is never carried",
    "fingerprint-profile": "disguise as another client is never carried",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for every entry."""

    proxy: str | None
    forced: bool
    """Models answer with their prefix only."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One list of keys."""

    key: str
    name: str
    type: str
    base_url: str | None = None
    off: str | None = None


_KINDS: Final = (
    Kind("claude-api-key", "anthropic", ANTHROPIC),
    Kind("codex-api-key", "codex", OPENAI, off=_RESPONSES),
    Kind("xai-api-key", "xai", OPENAI, off=_RESPONSES),
    Kind("gemini-api-key", "gemini", OPENAI, _GOOGLE, _GEMINI),
)


@dataclass(slots=True)
class Pool:
    """Entries that agree in everything but the key: accounts of one provider."""

    entry: Entry
    settings: dict[str, Any]
    accounts: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Place, key, fields."""
    prefix: str = ""


def add_vendor_keys(haul: Haul, root: Entry, shared: Setting) -> None:
    for kind in _KINDS:
        pools: list[Pool] = []
        for entry in root.each_below(kind.key):
            at, key, fields = entry.at("api-key"), entry.text("api-key") or "", _account(entry, shared)
            settings = _settings(entry, shared)
            if base := entry.text("base-url") or kind.base_url:
                settings["base_url"] = base
            prefix = entry.text("prefix") or ""
            entry.leave_out(_ENTRY_REPORTED)
            entry.rest_is_unknown()
            pool = next((each for each in pools if (each.settings, each.prefix) == (settings, prefix)), None)
            if pool is None:
                pools.append(pool := Pool(entry, settings, prefix=prefix))
            pool.accounts.append((at, key, fields))
        for pool in pools:
            _add(haul, pool, kind.name, kind.type, kind.off, shared)
    _old_gemini_keys(haul, root, shared)


def _old_gemini_keys(haul: Haul, root: Entry, shared: Setting) -> None:
    name = "generative-language-api-key"
    keys = root.texts(name)
    if keys:
        settings = {"base_url": _GOOGLE, **_proxy(shared.proxy)}
        accounts: list[tuple[str, str, dict[str, Any]]] = [
            (f"{name}[{place}]", key, {}) for place, key in enumerate(keys)
        ]
        _add(haul, Pool(Entry({}, haul.report, name), settings, accounts), "gemini", OPENAI, _GEMINI, shared)


def add_openai_compatible(haul: Haul, root: Entry, shared: Setting) -> None:
    for entry in root.each_below("openai-compatibility"):
        settings = _settings(entry, shared)
        base, name = entry.text("base-url"), entry.text("name") or "provider"
        disabled = entry.flag("disabled", words=True)
        common = _account(entry, shared)
        accounts = _key_entries(entry, shared, common) or [(entry.path, "", common)]
        prefix = entry.text("prefix") or ""
        entry.leave_out(_ENTRY_REPORTED)
        entry.rest_is_unknown()
        if not base:
            entry.left_out(
                "base-url", f"{name!r} has none, and the program drops it, too: add it and run again"
            )
            continue
        settings["base_url"] = base
        off = "it is disabled there: switch it on when it is wanted" if disabled else None
        _add(haul, Pool(entry, settings, accounts, prefix), name, OPENAI, off, shared)


def _key_entries(
    entry: Entry, shared: Setting, common: dict[str, Any]
) -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for each in entry.each_below("api-key-entries"):
        found.append((each.at("api-key"), each.text("api-key") or "", {**common, **_account(each, shared)}))
        each.rest_is_unknown()
    old = [
        (f"{entry.at('api-keys')}[{at}]", key, dict(common)) for at, key in enumerate(entry.texts("api-keys"))
    ]
    return found + old


def _account(entry: Entry, shared: Setting) -> dict[str, Any]:
    """Priority, weight and proxy. The higher number comes first there, the lower one here."""
    fields: dict[str, Any] = {}
    if (priority := entry.integer("priority")) is not None:
        fields["priority"] = -priority
        entry.changed("priority", f"{priority} becomes {-priority}: the lower number is first here")
    written = entry.number("weight")
    if written is not None and written <= 0:
        fields |= {"enabled": False, "off_reason": "its weight is 0: give it one and switch it on"}
        entry.changed("weight", f"{written:g} becomes 1, and the account is switched off")
    elif written is not None and written.is_integer():
        fields["weight"] = int(written)
        entry.carried("weight", f"`weight` {int(written)} of the account")
    elif written is not None:
        entry.changed("weight", f"{written:g} becomes 1: weights are whole numbers")
    if (proxy := entry.text("proxy-url")) and proxy.lower() not in _DIRECT:
        fields["proxy"] = Secret(proxy)
        entry.carried("proxy-url", "proxy of the account")
    elif proxy:
        fields["is_direct"] = True
        entry.carried("proxy-url", "the account has no proxy")
    return fields


def _settings(entry: Entry, shared: Setting) -> dict[str, Any]:
    settings = _proxy(shared.proxy)
    if headers := _headers(entry):
        settings["headers"] = headers
    models, abilities = _models(entry)
    if models:
        settings["models"] = models
    if abilities:
        settings["capabilities"] = abilities
    if excluded := entry.texts("excluded-models"):
        said = f"{', '.join(excluded)}: with `models` of the provider only those that it lists are served"
        (entry.carried if models else entry.left_out)("excluded-models", said)
    return settings


def _proxy(url: str | None) -> dict[str, Any]:
    return {"proxy": Secret(url)} if url and url.lower() not in _DIRECT else {}


def _headers(entry: Entry) -> dict[str, Secret]:
    headers = {}
    for name, text in entry.below("headers").all_texts().items():
        if text.startswith("$"):
            entry.left_out(f"headers.{name}", "headers of clients are not handed on: write a fixed value")
        else:
            headers[name] = Secret(text)
            entry.carried(f"headers.{name}", "header of the provider")
    return headers


def _models(entry: Entry) -> tuple[dict[str, str], dict[str, Any]]:
    models: dict[str, str] = {}
    abilities: dict[str, Any] = {}
    for each in entry.each_below("models"):
        upstream = each.text("name")
        alias = each.text("alias") or upstream
        if not upstream or not alias:
            each.left_out("name", "a model needs a name: add it and run again")
        elif models.setdefault(alias, upstream) != upstream:
            each.left_out(
                "alias",
                f"{alias!r} stands for {models[alias]!r} already; {upstream!r} was tried in turn there",
            )
        else:
            each.carried("name", f"`models`: {alias} → {upstream}")
            if able := _abilities(each):
                abilities[upstream] = able
        each.leave_out(
            {
                "display-name": "models are listed by the names that clients use",
                "force-mapping": "answers name the model that the client asked for",
                "thinking": "as known of the vendor: see `capabilities` of the provider",
                "output-modalities": "answers are text",
                "image": "pictures are made by endpoints that are passed through: see `pass_through`",
                "is-compat": "there is no such thing here",
            }
        )
        each.rest_is_unknown()
    return models, abilities


def _abilities(model: Entry) -> dict[str, Any]:
    able: dict[str, Any] = {}
    if (window := model.integer("max-context-length")) is not None and window > 0:
        able["context_window"] = window
        model.carried("max-context-length", f"`capabilities`: context_window {window}")
    if kinds := model.texts("input-modalities"):
        able["vision"] = "image" in kinds
        model.carried("input-modalities", f"`capabilities`: vision {str(able['vision']).lower()}")
    return able


def _add(haul: Haul, pool: Pool, wanted: str, type: str, off: str | None, shared: Setting) -> None:
    _share_proxy(pool)
    name = add_provider(haul, pool.entry.path, wanted, type, pool.settings, off=off)
    if name is None:
        return
    for place, (at, key, fields) in enumerate(pool.accounts, start=1):
        label = name if len(pool.accounts) == 1 else f"{name} {place}"
        add_api_key(haul, at, name, key, label, **fields)
    if all(each.provider != name for each in haul.accounts):
        switch_off(haul, pool.entry.path, name, NO_KEY)
    if pool.prefix:
        _prefix(haul, pool, name, shared)


def _share_proxy(pool: Pool) -> None:
    """A provider's proxy is that of all its accounts: where one wants none, the others get it one by one."""
    direct = [bool(fields.pop("is_direct", False)) for _, _, fields in pool.accounts]
    if not any(direct) or (proxy := pool.settings.pop("proxy", None)) is None:
        return
    for (_, _, fields), alone in zip(pool.accounts, direct, strict=True):
        if not alone:
            fields.setdefault("proxy", proxy)


def _prefix(haul: Haul, pool: Pool, name: str, shared: Setting) -> None:
    models = pool.settings.get("models", {})
    for alias in models:
        haul.aliases[f"{pool.prefix}/{alias}"] = f"{name}/{alias}"
    if not models:
        pool.entry.left_out("prefix", f"no models are listed: clients can ask for `{name}/MODEL` instead")
    elif shared.forced:
        said = f"{pool.prefix!r} made aliases; the names alone are answered, too: limit API keys to what they may use"
        pool.entry.changed("prefix", said)
    else:
        pool.entry.carried("prefix", f"aliases `{pool.prefix}/MODEL` of provider {name!r}")
