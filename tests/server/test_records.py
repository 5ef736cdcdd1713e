from __future__ import annotations

from isthmus.core.losses import Action, Loss
from isthmus.core.usage import Usage
from isthmus.server.records import Record


def test_a_line_says_what_was_asked_used_and_lost() -> None:
    record = Record("req_1", 10.0, "messages", "anthropic", provider="silicon", lane="translated")
    record.model_asked, record.model_used, record.status = "claude", "qwen", 200
    record.usage = Usage(input_tokens=12, output_tokens=3, output_estimated=True)
    record.first_token_s = 10.25
    record.losses = (Loss("top_k", Action.DROPPED),)
    fields = record.fields(11.5)
    assert fields["model"] == "claude"
    assert fields["model_used"] == "qwen"
    assert fields["ttft_ms"] == 250.0
    assert fields["duration_ms"] == 1500.0
    assert fields["input_tokens_are"] == "measured"
    assert fields["output_tokens_are"] == "estimated"
    assert fields["losses"] == ["top_k=dropped"]


def test_what_is_not_known_is_not_said() -> None:
    fields = Record("req_1", 0.0, "models").fields(0.001)
    assert "input_tokens" not in fields
    assert "error" not in fields
    assert "client_left" not in fields
    assert "attempts" not in fields


def test_a_coarser_clock_does_not_make_the_first_token_early() -> None:
    record = Record("req_1", 10.0, "messages", first_token_s=9.999)
    assert record.fields(11.0)["ttft_ms"] == 0.0


def test_texts_of_others_are_cut() -> None:
    record = Record(
        "req_1", 0, "messages", model_asked="m" * 5000, error_text="t" * 5000, error_detail="d" * 1000
    )
    shown = record.fields(1)
    assert shown["model"] == "m" * 1000 + "…"
    assert shown["error_text"] == "t" * 1000 + "…"
    assert shown["error_detail"] == "d" * 1000
