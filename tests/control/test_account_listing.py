"""Pages of accounts, in any order, hold every account once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.control.account_listing import AccountQuery, AccountSort, page_of
from isthmus.control.account_views import LiveState
from isthmus.control.failures import Invalid
from isthmus.routing.exhausted import State
from isthmus.storage.accounts import Outline

OUTLINES = st.lists(
    st.builds(
        Outline,
        id=st.uuids().map(str),
        provider=st.sampled_from(["a", "b", "Ä"]),
        label=st.text(max_size=3),
        enabled=st.booleans(),
        priority=st.integers(-2, 2),
        created_ms=st.integers(0, 3),
        successes=st.integers(0, 3),
        failures=st.just(0),
        last_used_ms=st.none() | st.integers(0, 3),
        last_error_ms=st.none(),
    ),
    max_size=30,
    unique_by=lambda outline: outline.id,
)


def lives(outlines: list[Outline]) -> dict[str, LiveState]:
    return {each.id: LiveState(State.HEALTHY if each.enabled else State.DISABLED) for each in outlines}


@given(OUTLINES, st.sampled_from(AccountSort), st.booleans(), st.integers(1, 7))
def test_pages_hold_every_account_once_and_in_order(
    outlines: list[Outline], sort: AccountSort, descending: bool, limit: int
) -> None:
    query = AccountQuery(sort=sort, descending=descending)
    whole = page_of(outlines, lives(outlines), query, None, 1000)
    seen: list[Outline] = []
    cursor = None
    while True:
        page = page_of(outlines, lives(outlines), query, cursor, limit)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page.items) == limit
    assert seen == list(whole.items)
    assert {each.id for each in seen} == {each.id for each in outlines}


@given(OUTLINES, st.sampled_from(State), st.sampled_from(["a", "b"]))
def test_filters_leave_what_fits_and_nothing_else(
    outlines: list[Outline], state: State, provider: str
) -> None:
    found = page_of(outlines, lives(outlines), AccountQuery(provider, True, state), None, 1000).items
    wanted = state is State.HEALTHY
    assert {each.id for each in found} == {
        each.id for each in outlines if wanted and each.enabled and each.provider == provider
    }


def test_text_is_found_whatever_the_case() -> None:
    outline = Outline("acc_1", "a", "Zoë's TEAM", True, 0, 0, 0, 0, None, None)
    for text, count in (("zoË", 1), ("team", 1), ("ACC_1", 1), ("nobody", 0), ("", 1)):
        page = page_of([outline], lives([outline]), AccountQuery(text=text), None, 10)
        assert len(page.items) == count, text


def test_labels_are_in_the_order_of_their_characters() -> None:
    labels = ["a", "Ab", "\u00e9", "\u200d joined", "\U0001f469\u200d\U0001f467"]
    outlines = [Outline(label, "a", label, True, 0, 0, 0, 0, None, None) for label in reversed(labels)]
    page = page_of(outlines, lives(outlines), AccountQuery(sort=AccountSort.LABEL), None, 10)
    assert [each.label for each in page.items] == labels


def test_a_cursor_of_another_order_is_refused() -> None:
    outlines = [Outline(f"acc_{at}", "a", f"l{at}", True, 0, at, 0, 0, None, None) for at in range(3)]
    by_label = page_of(outlines, lives(outlines), AccountQuery(sort=AccountSort.LABEL), None, 1)
    with pytest.raises(Invalid):
        page_of(outlines, lives(outlines), AccountQuery(), by_label.next_cursor, 1)
