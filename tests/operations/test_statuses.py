"""Every status that leaves the gateway: its words in both dialects, its headers, and the exception of the official SDKs."""

from __future__ import annotations

from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from clients.running import RunningGateway
from operations.asking import DIALECTS, PATHS, ask, error_of


class Row(NamedTuple):
    model: str
    """`provider/model` that brings it about."""
    messages: tuple[int, str]
    chat: tuple[int, str, str | None]
    anthropic_raises: type[Exception]
    openai_raises: type[Exception]
    headers: dict[str, str | None] = {}  # noqa: RUF012 - a default that nobody changes
    """None: must be absent."""


A, O = anthropic, openai  # noqa: E741 - as short as the table wants
BAD, LIMITED = "invalid_request_error", "rate_limit_exceeded"


def bad(model: str, code: str | None = None) -> Row:
    return Row(model, (400, BAD), (400, BAD, code), A.BadRequestError, O.BadRequestError)


def long(model: str) -> Row:
    return bad(model, "context_length_exceeded")


def unknown(model: str) -> Row:
    return Row(
        model, (404, "not_found_error"), (404, BAD, "model_not_found"), A.NotFoundError, O.NotFoundError
    )


def limited(model: str, says: str = LIMITED, **headers: str | None) -> Row:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    chat = (429, says, says)
    return Row(model, (429, "rate_limit_error"), chat, A.RateLimitError, O.RateLimitError, named)


def sick(model: str, messages: tuple[int, str], chat: tuple[int, str]) -> Row:
    chat_words = (chat[0], "server_error", chat[1])
    return Row(model, messages, chat_words, A.InternalServerError, O.InternalServerError)


def broken(model: str) -> Row:
    return sick(model, (502, "api_error"), (502, "upstream_error"))


def busy(model: str) -> Row:
    return sick(model, (529, "overloaded_error"), (503, "overloaded"))


ROWS = [
    bad("vendor/sim-400"),
    bad("vendor/sim-422"),
    long("vendor/sim-overflow"),
    long("vendor/sim-overflow-413"),
    long("dummy/dummy-overflow"),
    unknown("vendor/sim-404"),
    unknown("vendor/no-such"),
    unknown("closed/no-such"),
    unknown("dummy/no-such"),
    Row(
        "vendor/sim-413",
        (413, "request_too_large"),
        (413, BAD, None),
        A.ContentTooLargeError,
        O.APIStatusError,
    ),
    limited("vendor/sim-429", retry_after="7"),
    limited("vendor/sim-429-reset-header", retry_after="360", x_ratelimit_reset_requests=None),
    limited("vendor/sim-429-quota", "insufficient_quota", x_should_retry="false"),
    limited("dummy/dummy-429-2.5", retry_after="3"),
    broken("vendor/sim-401"),
    broken("vendor/sim-402"),
    broken("vendor/sim-403"),
    broken("wrong-key/sim-text"),
    broken("nobody/sim-text"),
    broken("vendor/sim-500"),
    broken("vendor/sim-502-html"),
    broken("vendor/sim-html-200"),
    broken("dummy/dummy-500"),
    broken("dummy/dummy-401"),
    broken("dummy/dummy-garbage"),
    busy("vendor/sim-503"),
    busy("vendor/sim-529"),
    busy("dummy/dummy-529"),
    sick("impatient/sim-hang", (504, "timeout_error"), (504, "timeout")),
]
KNOWN_HEADERS = {
    "content-type",
    "content-length",
    "date",
    "request-id",
    "x-request-id",
    "retry-after",
    "x-should-retry",
    "x-isthmus-loss",
    "connection",
}


def ids(row: Row) -> str:
    return row.model


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_a_failure_has_its_status_and_words(
    row: Row, dialect: str, stream: bool, gateway: RunningGateway
) -> None:
    refused = ask(gateway, dialect, row.model, stream=stream)
    error = error_of(refused)
    if dialect == "messages":
        assert (refused.status, error["type"]) == row.messages, refused.body
        assert refused.json["type"] == "error" and "message" not in refused.json
        assert refused.json["request_id"] == refused.headers["request-id"]
    else:
        assert (refused.status, error["type"]) == row.chat[:2], refused.body
        assert row.chat[2] is None or error["code"] == row.chat[2], refused.body
        assert set(error) >= {"message", "type", "param", "code"}
    assert error["message"] and "<" not in error["message"], "a sentence, and nobody's HTML"
    assert refused.headers["request-id"] == refused.headers["x-request-id"]
    assert refused.headers["request-id"].startswith("req_")
    assert set(refused.headers) <= KNOWN_HEADERS
    for name, value in row.headers.items():
        assert refused.headers.get(name) == value
    line = gateway.logged(request_id=refused.headers["request-id"])[0]
    assert line["status"] == refused.status and line["error"] and line["error_text"]


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_anthropics_sdk_raises_what_it_documents(row: Row, gateway: RunningGateway) -> None:
    client = anthropic.Anthropic(base_url=gateway.origin, api_key="any", max_retries=0)
    messages: Any = [{"role": "user", "content": "hi"}]
    with pytest.raises(row.anthropic_raises) as raised:
        client.messages.create(model=row.model, max_tokens=99, messages=messages)
    assert isinstance(raised.value, anthropic.APIStatusError)
    assert raised.value.status_code == row.messages[0]
    assert str(raised.value.request_id).startswith("req_")


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_openais_sdk_raises_what_it_documents(row: Row, gateway: RunningGateway) -> None:
    client = openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key="any", max_retries=0)
    messages: Any = [{"role": "user", "content": "hi"}]
    with pytest.raises(row.openai_raises) as raised:
        client.chat.completions.create(model=row.model, messages=messages)
    assert isinstance(raised.value, openai.APIStatusError)
    assert raised.value.status_code == row.chat[0]
    assert raised.value.type == row.chat[1]
    assert str(raised.value.request_id).startswith("req_")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("vendor/sim-overflow", {"messages": "prompt is too long: ", "chat": "maximum context length"}),
        ("dummy/dummy-overflow", {"messages": "prompt is too long: ", "chat": "maximum context length"}),
        ("vendor/sim-overflow-413", {"messages": "prompt is too long", "chat": "maximum context length"}),
    ],
)
def test_a_prompt_too_long_is_said_in_words_clients_act_on(
    model: str, message: dict[str, str], dialect: str, gateway: RunningGateway
) -> None:
    assert message[dialect] in error_of(ask(gateway, dialect, model))["message"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "model", ["vendor/sim-401", "wrong-key/sim-text", "vendor/sim-402", "dummy/dummy-401"]
)
def test_the_gateways_credential_is_not_the_clients(
    model: str, dialect: str, gateway: RunningGateway
) -> None:
    """The operator learns which provider; nobody learns anything of the key."""
    message = error_of(ask(gateway, dialect, model))["message"]
    assert model.partition("/")[0] in message and "sk-" not in message


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("claude/claude-opus-4-6", "[[sim: 400]]"),
        ("claude/no-such", "hi"),
    ],
)
def test_a_refusal_passed_on_carries_our_request_id(model: str, text: str, gateway: RunningGateway) -> None:
    """In the lane of untouched bytes too: it is the id that leads to the log line."""
    refused = ask(gateway, "messages", model, text=text)
    assert refused.status in {400, 404}
    assert refused.json["request_id"] == refused.headers["request-id"]


@pytest.mark.parametrize("path", PATHS.values())
def test_the_head_of_an_error_has_no_body(path: str, gateway: RunningGateway) -> None:
    refused = gateway.ask(path, method="HEAD")
    assert (refused.status, refused.body) == (404, b"")
