"""No input to the admin API is answered with an error of the gateway, nor with anything its own document does not say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from schemathesis.python.asgi import shutdown_lifespans

from fuzzing import Assembled, fuzz

SEED = 20261121 if os.environ.get("CI") == "true" else None
"""The same examples every time under CI, others every time elsewhere."""
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
"""For each operation. Thousands are for a long run by hand."""


@pytest.fixture(autouse=True)
def unproxied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Applications are asked without a network; looking for proxies anyway, twice per request, took a seventh of the time."""
    monkeypatch.setattr("requests.sessions.get_environ_proxies", lambda *_, **__: {})


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Ends the gateways that a test has started."""
    yield
    shutdown_lifespans()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_boundary_of_every_field_is_tried(tmp_path: Path) -> None:
    found = fuzz(Assembled(tmp_path), 1, seed=SEED, phases=("examples", "coverage"))
    assert [str(each) for each in found] == []


@pytest.mark.slow
@pytest.mark.timeout(120 + 60 * EXAMPLES)
def test_whatever_is_sent_is_answered_as_documented(tmp_path: Path, database_url: str) -> None:
    found = fuzz(Assembled(tmp_path, database_url), EXAMPLES, seed=SEED, phases=("fuzzing", "stateful"))
    assert [str(each) for each in found] == []
