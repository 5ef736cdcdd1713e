from __future__ import annotations

from isthmus.core.errors import BadRequest, Kind, Next, UpstreamError
from isthmus.server.failures import internal_error, no_answer, note_error
from isthmus.server.records import Record


def test_an_upstreams_failure_is_noted_with_its_status_and_words() -> None:
    record = Record("req_1", 0.0, "messages", upstream_status=200)
    note_error(record, UpstreamError("it is ill", status=503, detail="<html>", kind=Kind.OVERLOADED))
    noted = (record.error, record.error_text, record.upstream_status, record.error_detail)
    assert noted == ("overloaded", "it is ill", 503, "<html>")


def test_what_the_client_did_wrong_says_nothing_of_the_upstream() -> None:
    record = Record("req_1", 0.0, "messages", upstream_status=200)
    note_error(record, BadRequest("no such model", kind=Kind.NOT_FOUND))
    assert (record.error, record.upstream_status, record.error_detail) == ("not_found", 200, None)


def test_of_a_bug_the_client_hears_where_to_look_and_nothing_else() -> None:
    record = Record("req_1", 0.0, "messages")
    told = internal_error(record, ValueError("the secret of the matter"))
    assert told.kind is Kind.INTERNAL
    assert "req_1" in told.message
    assert "secret" not in told.message
    assert record.error == "internal"


def test_silence_sends_to_another_account() -> None:
    assert no_answer().next is Next.OTHER_ACCOUNT
