"""Who may come in: keys, host names, web pages, and how much they may send."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from clients.running import RunningGateway
from operations.asking import DIALECTS, PATHS, ask, body, error_of, text_of
from simulators.openai_behaviours import TEXT
from simulators.openai_vendor import OpenAIVendor

FIRST, SECOND = "a-first-key-of-the-gateway", "a-second-key-of-the-gateway"
ALLOWED, FOREIGN = "https://chat.example.org", "https://evil.example"


@pytest.fixture(scope="module")
def locked(vendor: OpenAIVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """On every address of the machine, and so with keys."""
    configuration = {
        "api_keys": [FIRST, SECOND],
        "server": {"host": "0.0.0.0", "allowed_hosts": ["gateway.example.com"]},
        "providers": {"vendor": {"base_url": vendor.base_url, "api_key": vendor.key}},
    }
    with RunningGateway(configuration, tmp_path_factory.mktemp("locked")) as running:
        yield running


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        ({"authorization": f"Bearer {FIRST}"}, True),
        ({"authorization": f"bearer  {SECOND} "}, True),
        ({"x-api-key": SECOND}, True),
        ({"x-api-key": FIRST, "authorization": "Bearer wrong"}, True),
        ({"x-api-key": "wrong", "authorization": f"Bearer {FIRST}"}, True),
        ({}, False),
        ({"authorization": FIRST}, False),
        ({"authorization": f"Basic {FIRST}"}, False),
        ({"x-api-key": FIRST[:-1]}, False),
        ({"x-api-key": FIRST + "x"}, False),
        ({"x-api-key": f"{FIRST},{SECOND}"}, False),
        ({"x-api-key": "схожий-ключ".encode().decode("latin-1")}, False),
        ({"cookie": f"x-api-key={FIRST}"}, False),
    ],
)
def test_a_key_opens_and_nothing_else_does(
    headers: dict[str, str], welcome: bool, dialect: str, locked: RunningGateway, vendor: OpenAIVendor
) -> None:
    before = len(vendor.requests)
    answer = ask(locked, dialect, "sim-text", headers=headers)
    if welcome:
        assert text_of(answer) == TEXT
        return
    assert (answer.status, answer.headers["x-should-retry"]) == (401, "false")
    kind = {"messages": "authentication_error", "chat": "invalid_request_error"}[dialect]
    assert error_of(answer)["type"] == kind
    assert dialect == "messages" or error_of(answer)["code"] == "invalid_api_key"
    assert len(vendor.requests) == before


@pytest.mark.parametrize("path", ["/v1/models", "/v1/files", "/nothing", "/v1/metrics", "/vendor/v1/models"])
def test_nothing_but_probes_is_free(path: str, locked: RunningGateway) -> None:
    assert locked.ask(path).status == 401


def test_a_key_in_the_query_opens_nothing(locked: RunningGateway) -> None:
    assert locked.ask(f"/v1/models?api_key={FIRST}&key={FIRST}").status == 401
    time.sleep(0.2)
    assert FIRST not in locked.stderr.read_text()


def asked_as(
    connection: http.client.HTTPConnection, host: str, path: str = "/v1/models", **headers: str
) -> int:
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("host", host)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    return response.status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:8000", 200),
        ("[::1]:8000", 200),
        ("127.8.9.10", 200),
        ("something.localhost", 200),
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("10.0.0.7:8000", 403),
        ("", 403),
    ],
)
def test_a_name_pointed_at_loopback_is_refused(
    host: str, status: int, wire: http.client.HTTPConnection
) -> None:
    """A page's own domain may be re-pointed at this machine; the name it asks for stays its own."""
    assert asked_as(wire, host) == status
    assert asked_as(wire, host, "/healthz") == status


def test_other_hosts_are_named_in_the_configuration(locked: RunningGateway) -> None:
    connection = http.client.HTTPConnection(locked.origin.removeprefix("http://"), timeout=20)
    assert asked_as(connection, "gateway.example.com", x_api_key=FIRST) == 200
    assert asked_as(connection, "GATEWAY.example.com:443", x_api_key=FIRST) == 200
    assert asked_as(connection, "other.example.com", x_api_key=FIRST) == 403
    connection.close()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": FOREIGN},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": f"{ALLOWED}.evil.example"},
        {"origin": ALLOWED.replace("https", "http")},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
    ids=str,
)
def test_a_foreign_page_cannot_drive_the_gateway(
    headers: dict[str, str], dialect: str, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    before = len(vendor.requests)
    refused = ask(gateway, dialect, "sim-text", headers=headers)
    assert refused.status == 403
    assert not [name for name in refused.headers if name.startswith("access-control-")]
    simple = gateway.ask(
        PATHS[dialect], json.dumps(body("sim-text")).encode(), headers | {"content-type": "text/plain"}
    )
    assert simple.status == 403
    assert len(vendor.requests) == before


def test_a_page_of_the_allow_list_may(gateway: RunningGateway) -> None:
    answer = ask(gateway, "chat", "sim-text", headers={"origin": ALLOWED})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "request-id" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "origin"
    failed = ask(gateway, "chat", "no-such", headers={"origin": ALLOWED})
    assert (failed.status, failed.headers["access-control-allow-origin"]) == (404, ALLOWED)


def preflight(gateway: RunningGateway, origin: str) -> dict[str, str]:
    wanted = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-api-key",
    }
    answer = gateway.ask("/v1/messages", headers=wanted, method="OPTIONS")
    assert (answer.status, answer.body) == (204, b"")
    return answer.headers


def test_a_preflight_tells_allowed_pages_what_they_may(gateway: RunningGateway) -> None:
    told = preflight(gateway, ALLOWED)
    assert told["access-control-allow-origin"] == ALLOWED
    allowed = told["access-control-allow-headers"].split(",")
    assert {
        "authorization",
        "x-api-key",
        "content-type",
        "anthropic-version",
        "anthropic-beta",
        "anthropic-dangerous-direct-browser-access",
        "x-stainless-retry-count",
    } <= set(allowed)
    assert "POST" in told["access-control-allow-methods"]


def test_a_preflight_tells_other_pages_nothing(gateway: RunningGateway) -> None:
    assert not [name for name in preflight(gateway, FOREIGN) if name.startswith("access-control-")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_body_over_the_limit_is_refused(dialect: str, gateway: RunningGateway) -> None:
    refused = ask(gateway, dialect, "sim-text", text="x" * (1 << 20))
    assert refused.status == 413
    kind = {"messages": "request_too_large", "chat": "invalid_request_error"}[dialect]
    assert error_of(refused)["type"] == kind
    assert "1 MiB" in error_of(refused)["message"] and "server.max_body_mib" in error_of(refused)["message"]
    assert ask(gateway, dialect, "dummy/dummy-text", text="x" * ((1 << 20) - 500)).status == 200


@pytest.mark.parametrize(
    "path", [*PATHS.values(), "/v1/messages/count_tokens", "/v1/embeddings", "/v1/metrics"]
)
def test_a_body_without_a_length_is_limited_too(path: str, gateway: RunningGateway) -> None:
    """The gateway answers as soon as it has seen too much, whatever is still to come."""
    host, _, port = gateway.origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(f"POST {path} HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(17):
            raw.sendall(piece)
        assert raw.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_length_that_promises_too_much_is_refused_at_once(gateway: RunningGateway) -> None:
    host, _, port = gateway.origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(
            f"POST /v1/messages HTTP/1.1\r\nhost: {host}\r\ncontent-length: 99999999\r\n\r\n".encode()
        )
        assert raw.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_the_usual_limit_is_32_mib(locked: RunningGateway) -> None:
    padding = json.dumps(body("sim-text")).encode()
    below = padding + b" " * ((32 << 20) - len(padding))
    assert locked.ask("/v1/chat/completions", below, {"x-api-key": FIRST}).status == 200
    refused = locked.ask("/v1/chat/completions", below + b" ", {"x-api-key": FIRST})
    assert refused.status == 413
    assert "32 MiB" in error_of(refused)["message"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe{}",
        b'{"model": 7, "messages": []}',
        b'{"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9}',
        b'{"model": "dummy", "max_tokens": 9}',
        b'{"model": "dummy", "max_tokens": 9, "messages": "hi"}',
        b'{"model": "dummy", "max_tokens": 9, "messages": [7]}',
        b'{"model": "dummy", "max_tokens": 9, "messages": [{"role": "user"}]}',
        b'{"model": "dummy", "max_tokens": 9, "messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"model": "dummy", "max_tokens": 9, "tools": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000
        + b', "messages": [{"role": "user", "content": "hi"}]}',
    ],
    ids=lambda said: said[:40].decode("latin-1"),
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused_politely(
    said: bytes, dialect: str, gateway: RunningGateway
) -> None:
    refused = gateway.ask(f"/dummy{PATHS[dialect]}", said, {"content-type": "application/json"}, "POST")
    assert (refused.status, error_of(refused)["type"]) == (400, "invalid_request_error"), refused.body
    assert error_of(refused)["message"]
