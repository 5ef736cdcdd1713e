"""A canary secret of every kind goes through a gateway that succeeds and fails in every way, and is found nowhere afterwards."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from clients.running import Answered
from clients.stage import Stage
from faults.answers import (
    CHAT,
    MESSAGES,
    Behaviour,
    good,
    quoting,
    quoting_in_200,
    quoting_midway,
    quoting_page,
    reset_midway,
)
from faults.conftest import Prepare, at
from faults.gateways import Gateway, soon
from faults.hearing import WAYS, Way, all_at_once, new_model
from faults.stocking import PASSWORD, Stocked
from faults.upstream import FaultyUpstream
from operations.asking import ask
from transport.proxies import HttpProxy

Json = dict[str, Any]
REFUSALS = (400, 401, 402, 403, 404, 413, 422, 429, 500, 503, 529)
FAILURES: dict[str, Behaviour] = {
    **{f"refusal-{status}": quoting(status) for status in REFUSALS},
    "page": quoting_page,
    "in-200": quoting_in_200,
    "midway": quoting_midway,
    "reset": reset_midway,
    "good": good,
}
# None of them looks like a key: they are masked because they are known, or not at all.
CLIENT_KEY = "canary0of0the0client0key"
WRONG_CLIENT_KEY = "canary0of0a0mistyped0client0key"
WRONG_PASSWORD = "canary0of0a0mistyped0password"
CONFIGURED_KEY = "canary0of0the0configuration"
CONFIGURED_HEADER = "canary0of0a0header"
PROXY_PASSWORD = "canary0of0the0proxy"
ADDED_KEY = "canary0of0an0added0account"
PROMPT = "canary0of0what0people0ask"
ADMIN_PAGES = (
    "/v2/accounts",
    "/v2/accounts/export",
    "/v2/providers",
    "/v2/keys",
    "/v2/settings",
    "/v2/logs",
    "/v2/logs/export",
    "/v2/stats",
    "/v2/users",
    "/v2/audit",
    "/v2/me/sessions",
    "/v2/me/tokens",
    "/v2/models",
)


def upstream_key(name: str) -> str:
    return f"canary0of0{name}"


def by_dialect(name: str) -> list[str]:
    return [f"{name}-{speaks}" for speaks in (MESSAGES, CHAT)]


class Aviary:
    """A gateway, and every answer it gave to anybody."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.heard: list[tuple[str, Answered]] = []

    def ask_in_every_way(self, name: str, key: str) -> None:
        """Of the providers `NAME-messages` and `NAME-chat`."""

        def story(way: Way) -> None:
            named = {"provider": f"{name}-{way.speaks}", "headers": {"authorization": f"Bearer {key}"}}
            answer = ask(self.gateway, way.dialect, new_model(), stream=way.stream, text=PROMPT, **named)
            self.heard.append((f"{name} {way}", answer))

        all_at_once(story, WAYS)

    def administer(self, path: str, body: Any = None, method: str | None = None) -> Answered:
        answer = self.gateway.administer(path, body, method)
        self.heard.append((path, answer))
        return answer

    def sign_in(self, password: str) -> Answered:
        return self.gateway.ask("/v2/sign-in", {"name": "admin", "password": password})

    def let_in(self, key: str) -> bool:
        return self.gateway.ask("/v1/models", headers={"authorization": f"Bearer {key}"}).status == 200

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """All that it said, and all that it wrote."""
        for asked, answer in self.heard:
            yield asked, answer.body + repr(answer.headers).encode()
        for file in self.gateway.home.rglob("*"):
            if file.is_file() and file.name != "configuration.json":
                yield file.name, file.read_bytes()


@pytest.fixture
def proxy(stage: Stage) -> HttpProxy:
    """Lets nobody through."""
    return stage.play(lambda: HttpProxy(login="somebody:else"))


@pytest.fixture
def aviary(prepare: Prepare, upstream: FaultyUpstream, proxy: HttpProxy) -> Iterator[Aviary]:
    accounts: dict[str, list[Stocked]] = {}
    for failure, behaviour in FAILURES.items():
        for name in by_dialect(failure):
            upstream.behaviours[upstream_key(name)] = behaviour
            accounts[name] = [Stocked(upstream_key(name))]
    for which, port in (("refusing-proxy", proxy.port), ("absent-proxy", 9)):
        through = f"http://somebody:{PROXY_PASSWORD}@127.0.0.1:{port}"
        accounts |= {name: [Stocked(upstream_key(name), proxy=through)] for name in by_dialect(which)}
    upstream.behaviours[CONFIGURED_KEY] = quoting(401)
    configured = {"api_key": CONFIGURED_KEY, "headers": {"x-extra": CONFIGURED_HEADER}}
    providers = {name: at(upstream, name) for name in accounts}
    providers |= {name: at(upstream, name) | configured for name in by_dialect("configured")}
    with prepare(accounts, providers=providers) as gateway:
        yield Aviary(gateway)


def test_no_secret_is_found_anywhere(aviary: Aviary) -> None:
    gateway = aviary.gateway
    signed = aviary.sign_in(PASSWORD)
    assert signed.status == 200, signed.body
    cookie = signed.headers["set-cookie"].partition("=")[2].partition(";")[0]
    aviary.heard.append(("a wrong password", aviary.sign_in(WRONG_PASSWORD)))
    assert gateway.administer("/v2/keys", {"name": "canary", "secret": CLIENT_KEY}).status == 201
    through = f"socks5://somebody:{PROXY_PASSWORD}@127.0.0.1:9"
    added = {"provider": "good-chat", "credential": {"api_key": ADDED_KEY}, "proxy": through}
    assert aviary.administer("/v2/accounts", added).status == 201
    assert soon(lambda: not aviary.let_in(WRONG_CLIENT_KEY)), "the gateway notices its first key"

    for name in (*FAILURES, "refusing-proxy", "absent-proxy", "configured"):
        aviary.ask_in_every_way(name, CLIENT_KEY)
    aviary.ask_in_every_way("good", WRONG_CLIENT_KEY)
    last = aviary.heard[-1][1].headers["request-id"]
    assert gateway.request_row(last)["error"] == "authentication"
    failed = gateway.rows("SELECT DISTINCT error FROM request_logs WHERE error IS NOT NULL")
    assert len(failed) >= 6, failed
    for path in ADMIN_PAGES:
        assert aviary.administer(path).status == 200, path
    aviary.administer("/v2/accounts/test", method="POST")
    backup = zipfile.ZipFile(io.BytesIO(aviary.administer("/v2/backup", method="POST").body))

    secrets = {PASSWORD, cookie, gateway.token.reveal(), CLIENT_KEY, WRONG_CLIENT_KEY, WRONG_PASSWORD}
    secrets |= {CONFIGURED_KEY, CONFIGURED_HEADER, PROXY_PASSWORD, ADDED_KEY, PROMPT}
    secrets |= {upstream_key(name) for failure in FAILURES for name in by_dialect(failure)}
    places = [*aviary.everything(), *((each, backup.read(each)) for each in backup.namelist())]
    assert any(where == "isthmus.db" for where, _ in places)
    assert [(where, secret) for where, said in places for secret in secrets if is_in(secret, said)] == []


def is_in(secret: str, said: bytes) -> bool:
    """As it is, as an address carries it, and in Base64, alone or after a name."""
    spellings = [secret.encode(), quote(secret, safe="").encode(), base64.b64encode(secret.encode())]
    spellings.append(base64.b64encode(f"somebody:{secret}".encode()))
    return any(spelling.rstrip(b"=") in said for spelling in spellings)


@pytest.mark.parametrize("spelling", ["a secret", "a%20secret", "YSBzZWNyZXQ=", "c29tZWJvZHk6YSBzZWNyZXQ="])
def test_a_secret_would_be_found(spelling: str) -> None:
    assert is_in("a secret", f"before {spelling} after".encode())
