"""Headers of calls to the service."""

from __future__ import annotations

import pytest

from isthmus.providers.amazon_q.headers import chat_headers, control_headers
from isthmus.providers.amazon_q.options import Options
from q_steps import grant


def test_a_chat_call() -> None:
    assert dict(chat_headers(grant(), Options())) == {
        "authorization": "Bearer aoa-token",
        "content-type": "application/json",
        "accept": "application/vnd.amazon.eventstream",
        "x-amzn-codewhisperer-optout": "true",
    }


def test_what_the_operator_chose() -> None:
    headers = dict(chat_headers(grant(), Options(opt_out=False, agent_mode="vibe")))
    assert headers["x-amzn-codewhisperer-optout"] == "false"
    assert headers["x-amzn-kiro-agent-mode"] == "vibe"


@pytest.mark.parametrize(
    ("kind", "token_type"),
    [("api_key", "API_KEY"), ("external_idp", "EXTERNAL_IDP"), ("builder_id", None), ("social", None)],
)
def test_kinds_of_tokens_that_must_be_named(kind: str, token_type: str | None) -> None:
    for headers in (chat_headers(grant(kind), Options()), control_headers(grant(kind), Options())):
        assert dict(headers).get("tokentype") == token_type


def test_control_calls_by_path_or_by_target() -> None:
    assert "x-amz-target" not in dict(control_headers(grant(), Options()))
    named = dict(control_headers(grant(), Options(), "Service.Operation"))
    assert named["x-amz-target"] == "Service.Operation"
    assert named["content-type"] == "application/x-amz-json-1.0"


def test_no_client_of_the_vendor_is_imitated() -> None:
    names = dict(chat_headers(grant(), Options())).keys()
    assert not names & {"user-agent", "x-amz-user-agent"}
