"""When a line is asked again, when it is not, and when the whole batch has to wait."""

import pytest

from isthmus.batch.deciding import (
    FIRST_PAUSE_S,
    LEAST_PAUSE_S,
    LONGEST_PAUSE_S,
    Again,
    Decision,
    Keep,
    Patience,
    Stop,
    Verdict,
    decide,
)


def decided(
    status: int,
    retry_after_s: float | None = None,
    should_retry: bool | None = None,
    *,
    failed: int = 0,
    waited_s: float = 0.0,
    retries: int = 2,
    at: float = 0.5,
) -> Decision:
    verdict = Verdict(status, retry_after_s, should_retry)
    return decide(verdict, failed, waited_s, Patience(retries, 100.0), lambda: at)


@pytest.mark.parametrize("status", [200, 201])
def test_an_answer_is_kept(status: int) -> None:
    assert decided(status) == Keep()


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422, 501])
def test_the_lines_own_fault_is_kept(status: int) -> None:
    assert decided(status) == Keep()


@pytest.mark.parametrize("status", [0, 408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_asked_again(status: int) -> None:
    assert decided(status) == Again(FIRST_PAUSE_S)
    assert decided(status, failed=1) == Again(FIRST_PAUSE_S * 2)
    assert decided(status, failed=2) == Keep()


@pytest.mark.parametrize(("at", "factor"), [(0.0, 0.75), (1.0, 1.25)])
def test_pauses_grow_to_a_limit_and_differ(at: float, factor: float) -> None:
    assert decided(500, failed=1, at=at) == Again(FIRST_PAUSE_S * 2 * factor)
    assert decided(500, failed=90, retries=99, at=at) == Again(LONGEST_PAUSE_S * factor)


def test_whoever_says_when_to_come_back_is_believed() -> None:
    assert decided(429, 7.0) == Again(7.0, counts=False)
    assert decided(429, 7.0, failed=9) == Again(7.0, counts=False), "waiting as told is no failure"
    assert decided(529, 7.0) == Again(7.0)
    assert decided(529, 7.0, failed=2) == Keep()
    assert decided(429, 0.0) == Again(LEAST_PAUSE_S, counts=False)


def test_a_long_wait_stops_the_batch() -> None:
    assert decided(429, 99.0, waited_s=1.0) == Again(99.0, counts=False)
    stopped = decided(429, 99.0, waited_s=2.0)
    assert isinstance(stopped, Stop)
    assert "come back in 99 s (status 429)" in stopped.why
    assert isinstance(decided(503, 101.0), Stop)


@pytest.mark.parametrize("status", [401, 402])
def test_what_meets_every_line_stops_the_batch(status: int) -> None:
    assert isinstance(decided(status), Stop)


def test_the_gateway_says_whether_to_ask_again() -> None:
    assert decided(400, should_retry=True) == Again(FIRST_PAUSE_S)
    assert decided(500, should_retry=False) == Keep()
    assert isinstance(decided(429, 5.0, should_retry=False), Stop)


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({}, Verdict(429)),
        ({"retry-after": "7"}, Verdict(429, 7.0)),
        ({"retry-after": "7", "retry-after-ms": "150"}, Verdict(429, 0.15)),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, Verdict(429)),
        ({"retry-after": "-1"}, Verdict(429)),
        ({"retry-after": "nan"}, Verdict(429)),
        ({"retry-after": "inf"}, Verdict(429)),
        ({"x-should-retry": "true"}, Verdict(429, None, True)),
        ({"x-should-retry": "false"}, Verdict(429, None, False)),
        ({"x-should-retry": "perhaps"}, Verdict(429)),
    ],
)
def test_what_headers_say(headers: dict[str, str], verdict: Verdict) -> None:
    assert Verdict.of(429, headers) == verdict
