"""Where the time of a request went: all of it is told, none of it twice, and nothing that the log does not know."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.control.timelines import Span, SpanKind, timeline
from isthmus.core.errors import Kind, UpstreamError
from isthmus.observability.log_row import LogRow
from isthmus.server.records import Attempt
from log_rows import log_row

GATEWAY, QUEUE, ATTEMPT = SpanKind.GATEWAY, SpanKind.QUEUE, SpanKind.ATTEMPT
LIMITED = UpstreamError("slow down", kind=Kind.RATE_LIMIT, status=429)
BROKEN = UpstreamError("no answer", kind=Kind.UPSTREAM)


def row(*attempts: Attempt, **values: object) -> LogRow:
    listed = json.dumps([str(each) for each in attempts]) if attempts else None
    known = {
        "attempts": max(1, len(attempts)),
        "duration_ms": 1000,
        "account_id": "acc_1",
        "queued_ms": 0,
        "first_attempt_ms": 100,
    }
    return log_row(1, attempt_list=listed, **(known | values))


def test_one_account_that_answers_has_the_rest_of_the_time() -> None:
    found = timeline(row(queued_ms=60))
    assert found.starts_known
    assert found.spans == [
        Span(GATEWAY, 0, 40),
        Span(QUEUE, 40, 60),
        Span(ATTEMPT, 100, 900, "acc_1", "answered"),
    ]


def waited(attempt: Attempt, waited_ms: int) -> Attempt:
    return replace(attempt, waited_ms=waited_ms)


def test_attempts_stand_where_they_began_with_the_waiting_between_them() -> None:
    attempts = waited(Attempt.of("acc_0", LIMITED, 100, 50), 249), Attempt.of("acc_1", None, 400, 600)
    assert timeline(row(*attempts)).spans == [
        Span(GATEWAY, 0, 100),
        Span(ATTEMPT, 100, 50, "acc_0", "rate_limit", 429),
        Span(GATEWAY, 150, 1),
        Span(QUEUE, 151, 249),
        Span(ATTEMPT, 400, 600, "acc_1", "answered"),
    ]


def test_after_the_last_failure_another_account_may_have_been_waited_for_in_vain() -> None:
    last = Attempt.of("acc_1", BROKEN, 100, 300)
    values = {"error": "upstream", "status": 502}
    assert timeline(row(waited(last, 600), **values)).spans[1:] == [
        Span(ATTEMPT, 100, 300, "acc_1", "upstream"),
        Span(QUEUE, 400, 600),
    ]
    assert timeline(row(last, **values)).spans[2:] == [Span(GATEWAY, 400, 600)]


@pytest.mark.parametrize(
    ("values", "outcome"), [({"client_left": True}, "client_left"), ({"error": "internal"}, "internal")]
)
def test_an_attempt_that_did_not_fail_by_itself_ends_as_the_request_did(
    values: dict[str, object], outcome: str
) -> None:
    assert timeline(row(**values)).spans[-1].outcome == outcome
    attempts = Attempt.of("acc_0", LIMITED, 100, 50), Attempt.of("acc_1", None, 400, 600)
    ends = [each.outcome for each in timeline(row(*attempts, **values)).spans if each.kind is ATTEMPT]
    assert ends == ["rate_limit", outcome]


def test_a_request_that_asked_nobody_was_in_the_gateway_or_waited() -> None:
    alone = row(account_id=None, queued_ms=None, first_attempt_ms=None)
    assert timeline(alone).spans == [Span(GATEWAY, 0, 1000)]
    waited = timeline(alone._replace(queued_ms=990))
    assert (waited.spans, waited.starts_known) == ([Span(GATEWAY, 0, 10), Span(QUEUE, 10, 990)], True)
    assert timeline(alone._replace(duration_ms=0)).spans == []


def test_rows_of_versions_that_did_not_say_have_attempts_without_starts() -> None:
    older = ["acc_0 rate_limit (429) after 50 ms", "acc_1 answered after 600 ms"]
    values = {"queued_ms": None, "first_attempt_ms": None}
    found = timeline(row(**values)._replace(attempt_list=json.dumps(older)))
    assert not found.starts_known
    assert found.spans == [
        Span(ATTEMPT, None, 50, "acc_0", "rate_limit", 429),
        Span(ATTEMPT, None, 600, "acc_1", "answered"),
    ]
    single = timeline(row(**values))
    assert (single.spans, single.starts_known) == ([Span(ATTEMPT, None, None, "acc_1", "answered")], False)


def test_a_list_that_was_cut_is_not_guessed_at() -> None:
    found = timeline(row(error="upstream")._replace(attempt_list='["acc_0 rate_limit (429) aft…'))
    assert (found.spans, found.starts_known) == ([], False)


FAILURES = st.sampled_from([LIMITED, BROKEN])


@given(
    gaps=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), FAILURES), min_size=1, max_size=6),
    first=st.integers(0, 500),
    tail=st.integers(0, 500),
    queued=st.integers(0, 1000),
    answered=st.booleans(),
)
def test_spans_follow_each_other_from_the_first_byte_to_the_last(
    gaps: list[tuple[int, int, UpstreamError]], first: int, tail: int, queued: int, answered: bool
) -> None:
    at, attempts = first, []
    for number, (gap, took, failure) in enumerate(gaps):
        at += gap if number else 0
        ended_well = answered and number == len(gaps) - 1
        attempts.append(Attempt.of(f"acc_{number}", None if ended_well else failure, at, took))
        at += took
    end = at + tail
    found = timeline(row(*attempts, duration_ms=end, first_attempt_ms=first, queued_ms=min(queued, first)))
    reached = 0
    for span in found.spans:
        assert span.start_ms == reached
        assert span.length_ms is not None
        reached += span.length_ms
    assert reached == end
    assert [each.account_id for each in found.spans if each.kind is ATTEMPT] == [
        each.account for each in attempts
    ]
