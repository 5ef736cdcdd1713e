"""Rows of the request log for tests."""

from typing import Any

from hypothesis import strategies as st

from isthmus.observability.log_row import LogRow

START_MS = 1_790_000_000_000


def log_row(number: int = 0, **values: Any) -> LogRow:
    """A request that began `number` seconds after `START_MS`."""
    known = {
        "request_id": f"req_{number}",
        "started_ms": START_MS + number * 1000,
        "endpoint": "messages",
        "dialect": "anthropic",
        "status": 200,
        "duration_ms": 1200,
        "client": "127.0.0.1",
        "provider": "main",
        "model_asked": "claude",
        "model_used": "claude",
    }
    return LogRow(**(known | values))


def some_rows(most: int = 40) -> st.SearchStrategy[list[LogRow]]:
    """Rows that have much in common, so that every filter finds some and leaves some."""
    return st.lists(_ROWS, min_size=1, max_size=most)


_ROWS = st.builds(
    log_row,
    st.integers(0, 12),
    request_id=st.sampled_from(["req_1", "req_2", "req_A"]),
    key_id=st.sampled_from([None, "key_1", "key_2", "key_3"]),
    account_id=st.sampled_from([None, "acc_1", "acc_2"]),
    provider=st.sampled_from([None, "main", "other"]),
    model_asked=st.sampled_from([None, "claude", "gpt", "Claude"]),
    model_used=st.sampled_from([None, "claude", "gpt"]),
    status=st.sampled_from([200, 204, 400, 429, 500, 529]),
    error=st.sampled_from([None, None, "rate_limit", "upstream"]),
    error_text=st.sampled_from([None, "100% of it_self", "Too many"]),
    streamed=st.booleans(),
    client_left=st.sampled_from([False, False, True]),
    client=st.sampled_from(["127.0.0.1", "::1"]),
    losses=st.sampled_from([None, None, '["top_k=dropped"]']),
    duration_ms=st.integers(0, 2_000_000),
    first_token_ms=st.none() | st.integers(0, 100_000),
    input_tokens=st.none() | st.integers(0, 10**12),
    output_tokens=st.none() | st.integers(0, 1000),
    input_estimated=st.booleans(),
    cost_nano_usd=st.none() | st.integers(0, 10**9),
)
