"""claude_proxy.py: OpenAI-compatible vendors for clients of the Messages API, from one `config.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate.detect import value_of
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul, Line, NewAccount
from isthmus.migrate.listener import say_listener
from isthmus.migrate.masks import no_credential
from isthmus.migrate.names import is_legal
from isthmus.migrate.source import Options, Unreadable, read_json
from isthmus.migrate.upstreams import NO_KEY, OPENAI, add_api_key, add_provider, switch_off

PROGRAM: Final = "claude-proxy"
_FAMILIES: Final = ("haiku", "sonnet", "opus")


def read(path: Path, options: Options) -> Haul:
    haul = Haul(PROGRAM)
    root = Entry(value_of(PROGRAM, path, ["config.json"], read_json), haul.report)
    providers = root.below("providers")
    names = providers.names()
    for name in names:
        _provider(haul, providers.below(name), name)
    _default_provider(haul, root, names)
    server = root.below("server")
    say_listener(haul, host=server.text("host"), port=server.integer("port"))
    server.rest_is_unknown()
    root.rest_is_unknown()
    _what_the_program_did_by_itself(haul)
    return haul


def _provider(haul: Haul, entry: Entry, name: str) -> None:
    key = entry.text("api_key") or ""
    settings: dict[str, Any] = {"base_url": entry.text("base_url") or ""}
    models = entry.below("models").all_texts()
    if models:
        settings["models"] = models
    entry.rest_is_unknown()
    if not is_legal(name):
        said = f"{name!r} is no name for a provider here, as it is a path of the gateway or no part of one"
        haul.report.left_out.append(Line(entry.path, f"{said}: rename it in `providers` and run again"))
        return
    if add_provider(haul, entry.path, name, OPENAI, settings) is None:
        return
    if models:
        entry.carried("models", f"{len(models)} names of provider {name!r}, in their order")
        _missing_families(haul, entry, models)
    if no_credential(key) == "is a placeholder":
        _placeholder(haul, entry, name, key)
    elif not add_api_key(haul, entry.at("api_key"), name, key, name):
        switch_off(haul, entry.path, name, NO_KEY)


def _placeholder(haul: Haul, entry: Entry, name: str, key: str) -> None:
    """Carried, as the operator may have meant to fill it in, and off, as no vendor takes it."""
    reason = "its key is a placeholder: put the real key there, then switch it on"
    haul.accounts.append(
        NewAccount(name, "api_key", {"api_key": Secret(key)}, name, enabled=False, off_reason=reason)
    )
    entry.changed("api_key", f"account {name!r} of provider {name!r}, switched off: {reason}")


def _missing_families(haul: Haul, entry: Entry, models: dict[str, str]) -> None:
    missing = [family for family in _FAMILIES if not any(family in asked.lower() for asked in models)]
    if missing:
        haul.report.closing.append(
            f"{entry.path} maps no {', '.join(missing)} model: requests for one are answered 404 until `models` or "
            "`default_model` of the provider names it"
        )


def _default_provider(haul: Haul, root: Entry, names: list[str]) -> None:
    default = root.text("default_provider")
    carried = [provider.name for provider in haul.providers if provider.enabled]
    if default is not None and default not in names:
        raise Unreadable(
            f"default_provider {default!r} is not among `providers`: write one of {', '.join(names)} and run again"
        )
    if default in carried:
        haul.settings["default_provider"] = default
        root.carried("default_provider", f"`default_provider` {default!r}")
    elif carried:
        haul.settings["default_provider"] = carried[0]
        root.changed(
            "default_provider",
            f"{default or 'nothing'} becomes {carried[0]!r}, the first provider that can be used",
        )


def _what_the_program_did_by_itself(haul: Haul) -> None:
    haul.report.left_out.append(
        Line(
            "CORS",
            "the program let every web page call it; here none may: list those that need it in `server.cors_origins`",
        )
    )
    haul.report.closing.append(
        "The program asked clients for no key. To listen on another address than 127.0.0.1, create one first: "
        "isthmus keys create"
    )
