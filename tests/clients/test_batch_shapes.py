"""Results of `isthmus batch` as the official SDKs read them, from request lines that their own types describe."""

from pathlib import Path

import pytest

from cli.batch_rows import as_file, chat, message, results_in
from cli.processes import finished

anthropic_batches = pytest.importorskip("anthropic.types.messages")
anthropic_request = pytest.importorskip("anthropic.types.messages.batch_create_params")
openai_chat = pytest.importorskip("openai.types.chat")
pydantic = pytest.importorskip("pydantic")

CONFIG = '{"providers": {"dummy": {"type": "dummy"}}}'


def test_anthropics_types_read_the_results(tmp_path: Path) -> None:
    rows = [message("a"), message("b", "dummy-overflow"), message("c", "dummy-thinking")]
    for row in rows:
        pydantic.TypeAdapter(anthropic_request.Request).validate_python(row)
    (tmp_path / "isthmus.json").write_text(CONFIG)
    (tmp_path / "in.jsonl").write_text(as_file(rows))
    assert finished(tmp_path, ("batch", "in.jsonl"), {}, b"").returncode == 1
    read = [
        anthropic_batches.MessageBatchIndividualResponse.model_validate(row, strict=True)
        for row in results_in(tmp_path / "in.out.jsonl")
    ]
    results = {each.custom_id: each.result for each in read}
    assert {id: result.type for id, result in results.items()} == {
        "a": "succeeded",
        "b": "errored",
        "c": "succeeded",
    }
    assert results["a"].message.content[0].text
    assert results["b"].error.error.type == "invalid_request_error"
    assert results["b"].error.request_id.startswith("req_")
    assert results["c"].message.content[0].type == "thinking"


def test_openais_types_read_the_bodies(tmp_path: Path) -> None:
    (tmp_path / "isthmus.json").write_text(CONFIG)
    (tmp_path / "in.jsonl").write_text(as_file([chat("a"), chat("b", "dummy-overflow")]))
    assert finished(tmp_path, ("batch", "in.jsonl"), {}, b"").returncode == 1
    rows = {row["custom_id"]: row for row in results_in(tmp_path / "in.out.jsonl")}
    assert all(set(row) == {"id", "custom_id", "response", "error"} for row in rows.values())
    assert all(set(row["response"]) == {"status_code", "request_id", "body"} for row in rows.values())
    read = openai_chat.ChatCompletion.model_validate(rows["a"]["response"]["body"], strict=True)
    assert read.choices[0].message.content
    assert rows["b"]["response"]["body"]["error"]["code"] == "context_length_exceeded"
