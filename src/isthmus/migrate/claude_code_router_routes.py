"""Routes of claude-code-router: by what a request holds there, by the model's name here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul
from isthmus.migrate.upstreams import map_model

_BY_CONTENT: Final = {
    "think": "requests with thinking",
    "longContext": "long requests",
    "webSearch": "requests with web search",
    "image": "requests with images",
}
_HAIKU: Final = "claude*haiku*"
_MAX_ATTEMPTS: Final = 20
_NO_FAILOVER: Final = "a request stays with its provider here: give that provider several accounts"


def take_routes(haul: Haul, root: Entry, names: Mapping[str, str]) -> None:
    """`names`: the program's name of each provider that was carried → ours."""
    router = root.below("Router")
    _default(haul, router, names)
    if route := router.text("background"):
        _map(haul, router, "background", _HAIKU, route, names)
    for name, words in _BY_CONTENT.items():
        if route := router.text(name):
            said = f"{words} went to {route!r}; models are chosen by name here, so let the client ask for it"
            router.left_out(name, said)
    router.leave_out({"longContextThreshold": "long requests are not routed apart here"})
    if not router.path.startswith("app_config"):
        router.rest_is_unknown()
    fallback = root.below("fallback")
    for name, _ in fallback.given():
        fallback.left_out(name, _NO_FAILOVER)


def _default(haul: Haul, router: Entry, names: Mapping[str, str]) -> None:
    route = router.text("default")
    if route is None or not _map(haul, router, "default", "*", route, names):
        return
    provider = names[_taken_apart(route, names)[0]]
    if any(each.name == provider and not each.enabled for each in haul.providers):
        router.left_out(
            "default", f"provider {provider!r} is switched off: set `default_provider` when it is not"
        )
        return
    haul.settings["default_provider"] = provider
    router.carried("default", f"`default_provider` {provider!r}")


def _map(haul: Haul, entry: Entry, at: str, asked: str, route: str, names: Mapping[str, str]) -> bool:
    """An entry of the model map of the route's provider."""
    provider, model = _taken_apart(route, names)
    if provider not in names or not model:
        entry.left_out(
            at, f"{route!r} names no provider that was carried: add the provider, then the model to its map"
        )
        return False
    map_model(haul, names[provider], asked, model)
    entry.carried(at, f"`models` of provider {names[provider]!r}: {asked} → {model}")
    return True


def _taken_apart(route: str, names: Mapping[str, str]) -> tuple[str, str]:
    """`provider,model`, or `provider/model` where that is a provider's name."""
    provider, comma, model = route.partition(",")
    if comma:
        return provider.strip(), model.strip()
    for name in names:
        if route.startswith(f"{name}/"):
            return name, route[len(name) + 1 :]
    return "", ""


def take_rules(haul: Haul, router: Entry, names: Mapping[str, str]) -> None:
    """Version 3."""
    for rule in router.each_below("rules"):
        name = rule.text("name", "id") or rule.path
        enabled = rule.flag("enabled", words=True)
        asked, route = _name_rule(rule)
        rule.take("id", "name", "fallback", "type", "script", "condition", "rewrites")
        rule.rest_is_unknown()
        if enabled is False:
            rule.left_out("", f"{name!r} is switched off there")
        elif asked and route:
            _map(haul, rule, "", asked, route, names)
        else:
            rule.left_out(
                "", f"{name!r} does more than choose by the model's name, which there is no counterpart of"
            )
    _fallback(haul, router.below("fallback"))


def _name_rule(rule: Entry) -> tuple[str, str]:
    """The name asked for and the route, of a rule that only looks at the model's name and only changes that."""
    condition = rule.take("condition")
    rewrites = rule.take("rewrites")
    if (
        "script" in rule
        or not isinstance(condition, dict)
        or not isinstance(rewrites, list)
        or len(rewrites) != 1
    ):
        return "", ""
    match (condition, rewrites[0]):
        case (
            {"left": "request.body.model", "operator": "==" | "starts-with" as operator, "right": str(right)},
            {"key": "request.body.model", "value": str(route)},
        ) if right:
            return right + ("*" if operator == "starts-with" else ""), route
        case _:
            return "", ""


def _fallback(haul: Haul, fallback: Entry) -> None:
    mode = fallback.text("mode")
    retries = fallback.integer("retryCount")
    if mode not in (None, "off") and retries is not None:
        attempts = min(max(retries, 0) + 1, _MAX_ATTEMPTS)
        haul.settings["accounts.max_attempts"] = attempts
        said = f"{retries} becomes `accounts.max_attempts` {attempts}: each with another account"
        fallback.changed("retryCount", said)
    if fallback.texts("models"):
        fallback.left_out("models", _NO_FAILOVER)
    fallback.rest_is_unknown()
