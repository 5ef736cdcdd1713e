from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.errors import Kind, Next, Scope, UpstreamError, UpstreamProtocolError
from isthmus.routing.account import AccountId
from isthmus.routing.cooldown import (
    MAX_TEXT_CHARS,
    NO_CHANGE,
    Backoff,
    Change,
    Cooling,
    CoolingReason,
    PoolRules,
    Verdict,
    judge,
    words_of,
)

RATE, QUOTA, SICK = CoolingReason.RATE_LIMIT, CoolingReason.QUOTA, CoolingReason.SICK
CREDENTIAL, PERMISSION = CoolingReason.CREDENTIAL, CoolingReason.PERMISSION
NO_MODEL = CoolingReason.NO_MODEL
OTHER = Next.OTHER_ACCOUNT


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        # The request's own fault.
        (UpstreamError("", kind=Kind.INVALID_REQUEST, status=400, next=Next.NOTHING), None),
        (UpstreamError("", kind=Kind.POLICY_BLOCKED, status=403, next=Next.NOTHING), None),
        (UpstreamError("", kind=Kind.TOO_LARGE, status=413, next=Next.NOTHING), None),
        # Limits.
        (UpstreamError("", kind=Kind.RATE_LIMIT, status=429, next=OTHER), Verdict(RATE)),
        (UpstreamError("", kind=Kind.RATE_LIMIT, cooldown_s=9, next=OTHER), Verdict(RATE, wait_s=9)),
        (UpstreamError("", status=429, retry_after_s=9, next=OTHER), Verdict(RATE, wait_s=9)),
        (UpstreamError("", kind=Kind.RATE_LIMIT, cooldown_s=0, retry_after_s=0), Verdict(RATE)),
        (UpstreamError("", kind=Kind.RATE_LIMIT, status=429, scope=Scope.ACCOUNT, cooldown_s=9),
         Verdict(QUOTA, whole_account=True, wait_s=9)),
        (UpstreamError("", kind=Kind.RATE_LIMIT, status=429, scope=Scope.ACCOUNT, paced=True, cooldown_s=9),
         Verdict(RATE, whole_account=True, wait_s=9)),
        (UpstreamError("", status=402, next=OTHER), Verdict(QUOTA, whole_account=True)),
        (UpstreamError("", status=400, next=OTHER, scope=Scope.ACCOUNT), Verdict(QUOTA, whole_account=True)),
        (UpstreamError("", kind=Kind.OVERLOADED, next=OTHER, scope=Scope.ACCOUNT, cooldown_s=9),
         Verdict(PERMISSION, whole_account=True, wait_s=9)),
        # Credentials.
        (UpstreamError("", status=401, next=OTHER), Verdict(CREDENTIAL, whole_account=True)),
        (UpstreamError("", status=403, next=OTHER, scope=Scope.CREDENTIAL),
         Verdict(CREDENTIAL, whole_account=True)),
        (UpstreamError("", status=403, next=OTHER), Verdict(PERMISSION, at_once=False)),
        # A model that the account does not have; one that nobody has is the request's own fault.
        (UpstreamError("", kind=Kind.MODEL_NOT_FOUND, status=400, next=OTHER), Verdict(NO_MODEL)),
        (UpstreamError("", kind=Kind.MODEL_NOT_FOUND, status=404, next=Next.NOTHING), None),
        # Sickness.
        (UpstreamError("", kind=Kind.OVERLOADED, status=529), Verdict(SICK, at_once=False)),
        (UpstreamError("", kind=Kind.OVERLOADED, status=503, retry_after_s=9), Verdict(SICK, wait_s=9)),
        (UpstreamError("", kind=Kind.TIMEOUT), Verdict(SICK, at_once=False)),
        (UpstreamError("", status=500, retry_after_s=9), Verdict(SICK, at_once=False)),
        (UpstreamError("", next=OTHER), Verdict(SICK, at_once=False)),
        (UpstreamProtocolError(""), Verdict(SICK, at_once=False)),
    ],
)  # fmt: skip
def test_what_a_failure_says_of_the_account(error: UpstreamError, verdict: Verdict | None) -> None:
    assert judge(error) == verdict


@given(st.integers(-5, 10**9), st.floats(0.1, 100), st.floats(1, 100))
def test_a_backoff_grows_up_to_its_end(strikes: int, first_s: float, times: float) -> None:
    backoff = Backoff(first_s, first_s * times)
    assert first_s <= backoff.wait_s(strikes) <= backoff.wait_s(strikes + 1) <= backoff.longest_s


def test_a_backoff_doubles() -> None:
    assert [Backoff(1.0, 60.0).wait_s(strikes) for strikes in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("reason", "first_s", "longest_s"),
    [
        (RATE, 1, 60),
        (QUOTA, 300, 3600),
        (SICK, 10, 120),
        (CREDENTIAL, 60, 3600),
        (PERMISSION, 60, 3600),
        (NO_MODEL, 3600, 3600),
    ],
)
def test_each_reason_has_its_own_pace(reason: CoolingReason, first_s: float, longest_s: float) -> None:
    rules = PoolRules()
    assert Verdict(reason).cooling_s(1, rules) == first_s
    assert Verdict(reason).cooling_s(99, rules) == longest_s


def test_no_rest_is_longer_than_the_rules_say() -> None:
    told = Verdict(RATE, wait_s=30 * 86_400.0)
    assert told.cooling_s(1, PoolRules()) == 7 * 86_400
    assert told.cooling_s(1, PoolRules(max_cooldown_s=60)) == 60


def test_a_quota_is_parked_until_the_day_its_vendor_names() -> None:
    month = Verdict(QUOTA, whole_account=True, wait_s=30 * 86_400.0)
    assert month.cooling_s(1, PoolRules()) == 30 * 86_400
    assert month.cooling_s(1, PoolRules(max_quota_s=60)) == 60
    assert Verdict(QUOTA).cooling_s(99, PoolRules(max_cooldown_s=60)) == 60


def test_the_operator_reads_the_upstreams_own_words() -> None:
    assert words_of(UpstreamError("ours", detail="the\n upstream's")) == "the upstream's"
    assert words_of(UpstreamError("ours")) == "ours"
    assert len(words_of(UpstreamError("x" * 500))) == MAX_TEXT_CHARS
    verdict = judge(UpstreamError("limit", status=429))
    assert verdict is not None and verdict.text == "limit"


def test_a_change_of_nothing_is_false() -> None:
    account = AccountId("a")
    assert not NO_CHANGE
    assert Change(cooling=Cooling(account, None, 1.0, RATE))
    assert Change(cleared=((account, None),))
    assert Change(disabled="")
