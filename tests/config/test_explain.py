from __future__ import annotations

from collections.abc import Callable

import pytest

Refuses = Callable[..., str]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server:\n  prot: 1", "isthmus.yaml:2: server.prot: unknown setting; did you mean 'port'?"),
        ("port: 1", "isthmus.yaml:1: port: unknown setting; did you mean 'server.port'?"),
        ("zzz: 1", "isthmus.yaml:1: zzz: unknown setting; remove it; known here are server, api_keys,"),
        (
            "logging:\n  zzz:",
            "isthmus.yaml:2: logging.zzz: unknown setting; remove it; known here are level, format",
        ),
        ("server: {port: x}", "server.port: expected a whole number (found 'x')"),
        ("server: {port: 70000}", "server.port: must be at most 65535 (found 70000)"),
        ("server: {port: [1]}", "server.port: expected a whole number (found a list)"),
        ("server: {port: true}", "server.port: expected a number (found true)"),
        ("server: {max_body_mib: 1.5}", "server.max_body_mib: expected a whole number (found 1.5)"),
        ("server: {drain_timeout_s: 0}", "server.drain_timeout_s: must be more than 0 (found 0)"),
        ("server: {host: 5}", "server.host: expected text (found 5); put it in quotes"),
        ("server: {host: ''}", "server.host: must not be empty (found '')"),
        ("server: x", "server: expected a mapping of names to values (found text)"),
        ("streams: {keepalive_s: 16}", "streams.keepalive_s: must be at most 15 (found 16)"),
        (
            "logging: {level: inf}",
            "logging.level: not one of the choices (found 'inf'); did you mean 'info'?",
        ),
        ("logging: {level: zzz}", "(found 'zzz'); choose one of debug, info, warning, error"),
        ("auto_cache: maybe", "auto_cache: expected true or false (found 'maybe')"),
        ("api_keys: a", "api_keys: expected a list (found text)"),
        ("aliases: [a]", "aliases: expected a mapping of names to values (found a list)"),
        (
            "providers:\n  a:\n    type: dummy\n    loss_policy: strikt",
            "isthmus.yaml:4: providers.a.loss_policy: not one of the choices (found 'strikt'); did you mean 'strict'?",
        ),
        (
            "providers:\n  health: {type: dummy}",
            "isthmus.yaml:2: providers.health: 'health' is a path of the gateway itself, "
            "which would hide this provider; rename it",
        ),
        (
            "providers:\n  a: {type: dummy, capabilities: {x: {thinking: [enabld]}}}",
            "providers.a.capabilities.x.thinking[0]: not one of the choices (found 'enabld'); did you mean 'enabled'?",
        ),
        (
            "providers:\n  a: {type: dummy, headers: {'a b': c}}",
            "providers.a.headers.'a b': not a header name; use letters, digits and `-`",
        ),
    ],
)
def test_each_finding_has_place_path_found_and_way_out(refuses: Refuses, text: str, said: str) -> None:
    message = refuses(text)
    assert message.startswith("the configuration has 1 problem:")
    assert said in message


@pytest.mark.parametrize(
    "text",
    [
        "api_keys: hunter2",
        "api_keys: {hunter2: hunter2}",
        "api_keys: [[hunter2]]",
        'api_keys: ["hunter2\\nhunter2"]',
        "api_kyes: [hunter2]",
        "providers: hunter2",
        "providers: {a: hunter2}",
        "providers: {a: {type: dummy, api_key: [hunter2]}}",
        "providers: {a: {type: dummy, apikey: hunter2}}",
        "providers: {a: {type: dummy, headers: hunter2}}",
        "providers: {a: {type: dummy, headers: {x: [hunter2]}}}",
        "providers: {a: {type: dummy, proxy: hunter2}}",
        "providers: {a: {type: dummy, base_url: 'https://u:hunter2@h'}}",
        "providers: {a: {type: dummy, base_url: 'ftp://h?key=hunter2'}}",
        "server: {port: '${SECRET}'}",
        "logging: {level: '${SECRET}'}",
        "default_provider: ${SECRET}\nproviders: {a: {type: dummy}}",
        "server: {allowed_hosts: ['${SECRET}/']}",
    ],
)
def test_no_message_shows_a_secret_or_what_came_from_the_environment(refuses: Refuses, text: str) -> None:
    assert "hunter2" not in refuses(text, {"SECRET": "hunter2"})


def test_a_missing_variable_is_said_once(refuses: Refuses) -> None:
    message = refuses("server: {port: '${NOPE}'}")
    assert message.startswith("the configuration has 1 problem:")
    assert "isthmus.yaml:1: server.port: environment variable NOPE is not set; set it, or write" in message
