import msgspec
import pytest

from isthmus.core import thought_tag
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action
from isthmus.core.secret import Secret
from isthmus.providers.anthropic.forward import (
    api_root,
    credential,
    forwarded_headers,
    outgoing_body,
    own_headers,
    without_foreign_thoughts,
)

TAG = thought_tag.mint("deepseek")


@pytest.mark.parametrize(
    "base",
    [
        "https://api.example.com",
        "https://api.example.com/",
        "https://api.example.com/v1",
        "https://api.example.com/v1/",
    ],
)
def test_the_root_of_the_api(base: str) -> None:
    assert api_root(base) == "https://api.example.com"
    assert api_root("https://example.com/anthropic/v1") == "https://example.com/anthropic"


BODY = b'{ "model" : "claude-opus-5-5",\n "odd": 1.50e1, "messages":[ {"role":"user","content":"\\u00e9"} ] }'


def test_a_body_goes_byte_for_byte() -> None:
    assert outgoing_body(BODY, "claude-opus-5-5", "claude-opus-5-5") == (BODY, ())


def test_only_the_model_is_exchanged() -> None:
    body, losses = outgoing_body(BODY, "claude-opus-5-5", "claude-sonnet-5")
    assert body == BODY.replace(b"claude-opus-5-5", b"claude-sonnet-5")
    assert losses == ()


def test_a_body_that_says_its_model_twice_is_refused() -> None:
    with pytest.raises(BadRequest):
        outgoing_body(b'{"model":"a","model":"b"}', "b", "c")


def conversation(*blocks: dict[str, object]) -> bytes:
    messages = [
        b'{"role": "user", "content": "one  two"}',
        msgspec.json.encode({"role": "assistant", "content": blocks}),
        b'{"role": "user",  "content": [{"type":"text","text":"next"}] }',
    ]
    return b'{"model":"m", "messages":[' + b" , ".join(messages) + b'], "max_tokens": 1e2}'


FOREIGN = {"type": "thinking", "thinking": "hm", "signature": TAG}
REDACTED = {"type": "redacted_thinking", "data": TAG}
NATIVE = {"type": "thinking", "thinking": "hm", "signature": "EqQB"}
SAID = {"type": "text", "text": "done"}


def test_thoughts_of_another_vendor_are_withheld() -> None:
    body, losses = outgoing_body(conversation(FOREIGN, NATIVE, REDACTED, SAID), "m", "m")
    messages = msgspec.json.decode(body)["messages"]
    assert messages[1] == {"role": "assistant", "content": [NATIVE, SAID]}
    assert b'{"role": "user", "content": "one  two"}' in body
    assert b'{"role": "user",  "content": [{"type":"text","text":"next"}] }' in body
    assert body.endswith(b'], "max_tokens": 1e2}')
    assert [(loss.field, loss.action) for loss in losses] == [("messages.thinking", Action.DROPPED)]


def test_a_turn_of_foreign_thoughts_alone_goes() -> None:
    body, _ = outgoing_body(conversation(FOREIGN), "m", "m")
    assert [message["role"] for message in msgspec.json.decode(body)["messages"]] == ["user", "user"]


@pytest.mark.parametrize(
    "body",
    [
        conversation({"type": "text", "text": f"the tag is {TAG}"}),
        conversation({"type": "thinking", "thinking": TAG, "signature": "EqQB"}),
        conversation({"type": "thinking", "thinking": TAG, "signature": 5}),
        b'{"model":"m","messages":"' + TAG.encode() + b'"}',
        b'{"model":"m","messages":[{"role":"user","content":"' + TAG.encode() + b'"}]}',
        b'{"model":"m","system":"' + TAG.encode() + b'"}',
        TAG.encode(),
    ],
)
def test_the_tag_elsewhere_changes_nothing(body: bytes) -> None:
    assert without_foreign_thoughts(body) == (body, 0)


def test_a_key_and_a_token_travel_differently() -> None:
    assert credential(Secret("sk-ant-api03-x")) == (("x-api-key", "sk-ant-api03-x"),)
    assert credential(Secret("sk-ant-oat01-x")) == (("authorization", "Bearer sk-ant-oat01-x"),)
    assert credential(Secret("")) == ()


CLIENT = {
    "content-type": "application/json",
    "accept": "application/json",
    "anthropic-version": "2026-10-21",
    "anthropic-beta": "new-beta-2027-01-01,other",
    "user-agent": "claude-cli/2.1.330",
    "x-stainless-lang": "js",
    "x-app": "cli",
    "x-claude-code-session-id": "s",
    "x-request-id": "mine",
    "accept-language": "en",
    "anthropic-dangerous-direct-browser-access": "true",
}


def test_what_the_api_should_see_of_the_clients_headers() -> None:
    headers = dict(forwarded_headers(CLIENT, Secret("sk-ant-k"), {}))
    kept = {
        "content-type", "accept", "anthropic-version", "anthropic-beta", "user-agent", "x-stainless-lang", "x-app",
        "x-claude-code-session-id",
    }  # fmt: skip
    assert headers == {name: CLIENT[name] for name in kept} | {"x-api-key": "sk-ant-k"}


def test_what_a_client_without_headers_gets() -> None:
    headers = dict(forwarded_headers({}, Secret("k"), {"X-Team": Secret("t")}))
    assert headers == {
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
        "x-api-key": "k",
        "x-team": "t",
    }


@pytest.mark.parametrize(
    ("betas", "sent"),
    [
        (None, "oauth-2025-04-20"),
        ("a, b", "a,b,oauth-2025-04-20"),
        ("oauth-2025-04-20,a", "oauth-2025-04-20,a"),
    ],
)
def test_a_token_needs_its_beta(betas: str | None, sent: str) -> None:
    client = {} if betas is None else {"anthropic-beta": betas}
    headers = dict(forwarded_headers(client, Secret("sk-ant-oat01-x"), {}))
    assert headers["anthropic-beta"] == sent
    assert headers["authorization"] == "Bearer sk-ant-oat01-x"
    assert "x-api-key" not in headers


def test_the_gateways_own_requests() -> None:
    assert dict(own_headers("2026-10-21", Secret("k"), {}, "text/event-stream")) == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "anthropic-version": "2026-10-21",
        "x-api-key": "k",
    }
