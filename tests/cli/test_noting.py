"""A finished request becomes a row and a key's use; nothing of the record is lost on the way."""

from __future__ import annotations

import json
import time

import pytest

from isthmus.cli.noting import row, used
from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.losses import Action, Loss
from isthmus.core.usage import Usage
from isthmus.server.records import Attempt, Record
from isthmus.storage.key_usage import Used


def record() -> Record:
    kept = Record("req_1", time.monotonic() - 2.0, "messages", "anthropic", client="127.0.0.1")
    kept.provider, kept.account, kept.key = "p", "acc_1", "key_1"
    kept.model_asked, kept.model_used, kept.lane, kept.streamed = "claude-x", "gpt-x", "translated", True
    kept.status, kept.stop = 200, "end_turn"
    kept.usage = Usage(7, 2, 1, 3, 1, micro_credits=31_200, output_estimated=True)
    kept.cost_nano_usd = 1234
    kept.queued_s, kept.first_attempt_s = 0.25, kept.started_s + 0.3
    kept.first_token_s = kept.started_s + 0.5
    kept.losses = (Loss("seed", Action.DROPPED),)
    refused = UpstreamError("slow down", kind=Kind.RATE_LIMIT, status=429)
    kept.attempt_list = [Attempt.of("acc_0", refused, 300, 12), Attempt.of("acc_1", None, 350, 900)]
    kept.attempts = 2
    return kept


def test_a_row_says_all_that_is_known() -> None:
    made = row(record(), time.monotonic())
    assert made.started_ms == pytest.approx(time.time() * 1000 - 2000, abs=500)
    assert made.duration_ms == pytest.approx(2000, abs=500)
    assert (made.queued_ms, made.first_attempt_ms, made.first_token_ms) == (250, 300, 500)
    assert json.loads(made.attempt_list or "") == [
        "acc_0 rate_limit (429) after 12 ms, begun at 300 ms",
        "acc_1 answered after 900 ms, begun at 350 ms",
    ]
    assert json.loads(made.losses or "") == ["seed=dropped"]
    known = made._asdict()
    unset = {name for name, value in known.items() if value is None or value is False or value == 0}
    assert unset == {
        "error",
        "error_text",
        "notes",
        "upstream_status",
        "upstream_request_id",
        "client_left",
        "input_estimated",
    }


def test_a_bare_record_is_a_row_too() -> None:
    made = row(Record("req_1", time.monotonic(), "messages"), time.monotonic())
    assert (made.input_tokens, made.cost_nano_usd, made.attempts, made.losses) == (None, None, 1, None)
    assert (made.queued_ms, made.first_attempt_ms) == (None, None)


def test_use_counts_all_input_and_failures() -> None:
    kept = record()
    assert used(kept) == Used(1, 0, 10, 3, 1234)
    kept.usage, kept.cost_nano_usd, kept.error = None, None, "upstream"
    assert used(kept) == Used(1, 1)
