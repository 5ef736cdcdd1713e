"""An upstream that fails: told honestly when it must be, and not at all while another account can answer."""

from __future__ import annotations

import pytest

from faults.gateways import Gateway, soon
from faults.hearing import (
    Heard,
    ask_every_way,
    assert_broken_off,
    assert_refused,
    assert_whole,
)


def assert_noted(gateway: Gateway, heard: Heard, name: str, kind: str) -> None:
    """Log line, row and account agree on what happened."""
    for way, answer in heard:
        account = f"{name}-{way.speaks}-1"
        row = gateway.request_row(answer.headers["request-id"])
        noted = {name: row[name] for name in ("status", "error", "account_id", "attempts", "succeeded")}
        assert noted == {
            "status": answer.status,
            "error": kind,
            "account_id": account,
            "attempts": 1,
            "succeeded": 0,
        }, (way, row)
        line = gateway.logged(request_id=answer.headers["request-id"])[0]
        assert (line["error"], line["error_text"]) == (kind, row["error_text"]), (way, line)
        assert gateway.cooldowns(account) == []


def assert_saved_by_another(gateway: Gateway, name: str, *, also_streams: bool = True) -> None:
    """With a second account behind it, the client notices nothing, and the operator sees both attempts."""
    for way, answer in ask_every_way(gateway, f"{name}-spare"):
        if way.stream and not also_streams:
            continue
        assert_whole(way, answer)
        row = gateway.request_row(answer.headers["request-id"])
        provider = f"{name}-spare-{way.speaks}"
        assert (row["account_id"], row["attempts"], row["error"]) == (f"{provider}-2", 2, None), (way, row)
        assert f"{provider}-1" in row["attempt_list"] and "answered" in row["attempt_list"], (way, row)


def assert_never_begun(gateway: Gateway, name: str, kind: str) -> None:
    heard = ask_every_way(gateway, name)
    for way, answer in heard:
        assert_refused(way, answer, kind)
    assert_noted(gateway, heard, name, kind)
    assert_saved_by_another(gateway, name)


def assert_begun_and_broken(gateway: Gateway, name: str, kind: str) -> None:
    """A plain answer was not begun as long as it is not whole, so another account may give it; a stream is bound."""
    heard = ask_every_way(gateway, name)
    for way, answer in heard:
        (assert_broken_off if way.stream else assert_refused)(way, answer, kind)
    assert_noted(gateway, heard, name, kind)
    assert_saved_by_another(gateway, name, also_streams=False)


def test_a_connection_reset_before_the_answer(gateway: Gateway) -> None:
    assert_never_begun(gateway, "reset", "upstream")


def test_a_connection_reset_in_the_middle_of_the_answer(gateway: Gateway) -> None:
    assert_begun_and_broken(gateway, "reset-midway", "upstream")


def test_silence_before_the_first_byte(gateway: Gateway) -> None:
    assert_never_begun(gateway, "silent", "timeout")


def test_silence_in_the_middle_of_the_answer(gateway: Gateway) -> None:
    assert_begun_and_broken(gateway, "stalled", "timeout")


def test_an_answer_that_is_slow(gateway: Gateway) -> None:
    for way, answer in ask_every_way(gateway, "slow"):
        if way.stream:
            assert_whole(way, answer)
        else:
            assert_refused(way, answer, "timeout")


def test_half_an_event_and_a_clean_end(gateway: Gateway) -> None:
    assert_begun_and_broken(gateway, "half-event", "upstream")


def test_an_error_inside_a_200(gateway: Gateway) -> None:
    assert_never_begun(gateway, "error-in-200", "upstream")


def test_an_error_in_the_middle_of_a_stream(gateway: Gateway) -> None:
    heard = ask_every_way(gateway, "error-midway")
    streams = [(way, answer) for way, answer in heard if way.stream]
    for way, answer in streams:
        if way.dialect == way.speaks:
            # The raw lane passes the upstream's own last frame on.
            assert b"the simulated cluster is on fire" in answer.body.split(b"\n\n")[-2], answer.body
        else:
            assert_broken_off(way, answer, "upstream")
    assert_noted(gateway, heard, "error-midway", "upstream")


def test_an_empty_200(gateway: Gateway) -> None:
    assert_never_begun(gateway, "empty", "upstream")


@pytest.mark.parametrize("status", [200, 502])
def test_a_web_page_instead_of_an_answer(status: int, gateway: Gateway) -> None:
    assert_never_begun(gateway, f"html-{status}", "upstream")


def test_a_web_page_that_says_busy(gateway: Gateway) -> None:
    assert_never_begun(gateway, "html-503", "overloaded")


def test_a_500(gateway: Gateway) -> None:
    assert_never_begun(gateway, "sick", "upstream")
    for speaks in ("chat", "messages"):
        name = f"sick-{speaks}-1"
        assert soon(lambda name=name: gateway.account(name)["failures"] == 4), gateway.account(name)
        account = gateway.account(name)
        assert (account["enabled"], account["last_error"]) == (1, "internal server error")


def test_a_web_page_is_not_shown_to_the_client(gateway: Gateway) -> None:
    for status in (200, 502, 503):
        for way, answer in ask_every_way(gateway, f"html-{status}"):
            assert b"<html" not in answer.body, (way, answer.body)
