"""What a refusal is recognised by, and in which order."""

from __future__ import annotations

from isthmus.core.errors import Next, Scope
from isthmus.providers.amazon_q import cases
from isthmus.providers.amazon_q.cases import FAMILIES, NAMES, REASONS, STATUSES, TEXTS, Case, case_of


def test_a_reason_says_more_than_a_text_and_a_text_more_than_a_status() -> None:
    assert case_of(500, "InternalServer", "INVALID_MODEL_ID", "Too many requests") is cases.NO_MODEL
    assert case_of(429, "Throttling", "", "You have reached the limit.") is cases.MONTH
    assert case_of(500, "Throttling", "", "") is cases.THROTTLED
    assert case_of(418, "", "", "") is cases.UNKNOWN


def test_a_text_counts_only_where_it_can_mean_that() -> None:
    assert case_of(400, "Validation", "", "too many requests in one tool result") is cases.BAD_REQUEST
    assert case_of(500, "", "", "Input is too long.") is cases.TROUBLE
    assert case_of(403, "", "", "Improperly formed request.") is cases.FORBIDDEN


def test_a_reason_may_stand_in_the_place_of_the_name() -> None:
    assert case_of(500, "IMAGE_COUNT_EXCEEDED", "", "") is cases.BAD_REQUEST
    assert case_of(500, "PROMPT_TOO_LONG", "", "") is cases.TOO_LONG


def test_every_row_can_be_met() -> None:
    assert all(words == words.lower() for words, _, _ in TEXTS)
    assert all(reason == reason.upper() for reason in (*REASONS, *(beginning for beginning, _ in FAMILIES)))
    assert all(not name.endswith(("Exception", "Error")) for name in NAMES)


def test_nothing_of_an_account_is_shown_to_clients() -> None:
    rows: list[Case] = [*REASONS.values(), *STATUSES.values(), *(case for _, case in NAMES.values())]
    rows += [case for _, _, case in TEXTS]
    for row in rows:
        if row.scope is not Scope.MODEL:
            assert row.says and row.state
        if not row.says:
            assert row.next is Next.NOTHING
