"""Gateway processes in front of an upstream that fails in every way there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from clients.stage import Stage
from faults.answers import (
    Behaviour,
    drip,
    empty_200,
    error_in_200,
    error_midway,
    half_an_event,
    html,
    reset_at_once,
    reset_midway,
    sick,
    silent,
    stalled,
)
from faults.gateways import Gateway
from faults.stocking import Stocked, key_of, stock
from faults.upstream import FaultyUpstream

Json = dict[str, Any]
Prepare = Callable[..., Gateway]
FAULTS: Mapping[str, Behaviour] = {
    "reset": reset_at_once,
    "reset-midway": reset_midway,
    "silent": silent,
    "stalled": stalled,
    "half-event": half_an_event,
    "error-in-200": error_in_200,
    "error-midway": error_midway,
    "empty": empty_200,
    "html-200": html(200),
    "html-502": html(502),
    "html-503": html(503),
    "sick": sick,
    "slow": drip(1.5),
}
"""Each has a provider with an account that has it, and one (`NAME-spare`) with such an account and, after it, a good one."""
PLACES = {
    "storm": 3,
    "thirds": 3,
    "dead": 2,
    "broke": 2,
    "breaker": 1,
    "slow-reader": 1,
    "busy": 1,
    "queue": 1,
    "leaver": 1,
}
"""Providers with so many accounts, which behave as their tests tell them to."""
PATIENCE: Mapping[str, Json] = {
    "silent": {"first_byte_timeout_s": 2, "timeout_s": 2},
    "stalled": {"idle_timeout_s": 2, "timeout_s": 2},
    "slow": {"timeout_s": 1},
}
"""Of the providers whose names begin so."""
SINGLE = frozenset({"busy", "queue", "leaver"})
"""Their accounts take one request at a time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of these waits for processes, except those about the table."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.name != "test_table.py":
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="session")
def upstream(stage: Stage) -> FaultyUpstream:
    upstream = stage.play(FaultyUpstream)
    for name, behaviour in FAULTS.items():
        for speaks in ("chat", "messages"):
            upstream.behaviours[key_of(f"{name}-{speaks}-1")] = behaviour
            upstream.behaviours[key_of(f"{name}-spare-{speaks}-1")] = behaviour
    return upstream


@pytest.fixture(scope="session")
def gateway(upstream: FaultyUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The one most tests share: each has providers of its own. It has no more patience than they need, and no account rests long."""
    places = {f"{name}{spare}": 1 + bool(spare) for name in FAULTS for spare in ("", "-spare")} | PLACES
    accounts = {
        f"{name}-{speaks}": [
            Stocked(key_of(f"{name}-{speaks}-{number}"), max_concurrency=1 if name in SINGLE else None)
            for number in range(1, count + 1)
        ]
        for name, count in places.items()
        for speaks in ("chat", "messages")
    }
    settings = {
        "defaults": {"first_byte_timeout_s": 10, "idle_timeout_s": 10, "timeout_s": 15},
        "accounts": {
            "strategy": "priority",
            "queue_timeout_s": 1,
            "max_cooldown_s": 3,
            "max_quota_cooldown_s": 3,
        },
    }
    home = tmp_path_factory.mktemp("shared")
    with prepared(upstream, home, accounts, settings) as running:
        yield running


@pytest.fixture
def prepare(upstream: FaultyUpstream, tmp_path: Path) -> Prepare:
    """Gateways of a test's own, to be started by `with`; all have one data directory."""

    def prepare(accounts: Mapping[str, Sequence[Stocked]], **settings: Any) -> Gateway:
        return prepared(upstream, tmp_path, accounts, settings)

    return prepare


def prepared(
    upstream: FaultyUpstream, home: Path, accounts: Mapping[str, Sequence[Stocked]], settings: Json
) -> Gateway:
    """Not started yet. Providers whose names end in `-messages` speak that dialect, all others Chat."""
    token = stock({"data_dir": str(home / "isthmus")} | settings.get("storage", {}), accounts)
    defaults = {
        "providers": {name: at(upstream, name) for name in accounts},
        "accounts": {"strategy": "priority", "queue_timeout_s": 1},
    }
    return Gateway(defaults | settings, home, token)


def at(upstream: FaultyUpstream, name: str) -> Json:
    """Impatient only with what is silent or slow: on a busy machine the other answers take their time, too."""
    patience = next((seconds for fault, seconds in PATIENCE.items() if name.startswith(fault)), {})
    if name.endswith("-messages"):
        return {"type": "anthropic", "base_url": upstream.origin} | patience
    return {"type": "openai-compatible", "base_url": f"{upstream.origin}/v1"} | patience
