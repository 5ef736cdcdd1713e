"""Clients repeat what may help, when it may help, and nothing else."""

from __future__ import annotations

import pytest

from isthmus.core.errors import GatewayError, Kind
from isthmus.dialects.retrying import retry_headers


@pytest.mark.parametrize(("wait_s", "told"), [(7.0, "7"), (0.2, "1"), (59.01, "60"), (0.0, "0"), (-5.0, "0")])
def test_a_wait_is_told_in_whole_seconds_and_never_too_short(wait_s: float, told: str) -> None:
    error = GatewayError("slow down", kind=Kind.RATE_LIMIT, retry_after_s=wait_s)
    assert retry_headers(error) == (("retry-after", told),)


def test_what_cannot_help_is_not_to_be_repeated() -> None:
    never = {Kind.AUTHENTICATION, Kind.POLICY_BLOCKED, Kind.NOT_SUPPORTED, Kind.BILLING}
    told = {kind: retry_headers(GatewayError("no", kind=kind)) for kind in Kind}
    assert {kind for kind, headers in told.items() if headers} == never
    assert {told[kind] for kind in never} == {(("x-should-retry", "false"),)}


@pytest.mark.parametrize("again", [True, False])
def test_whoever_knows_better_has_the_last_word(again: bool) -> None:
    error = GatewayError("no", kind=Kind.BILLING, should_retry=again, retry_after_s=3)
    assert retry_headers(error) == (("retry-after", "3"), ("x-should-retry", str(again).lower()))
