"""A gateway with everything a console shows: people of each role, accounts that are well and not so well, keys, and traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from clients.running import Answered, RunningGateway
from clients.stage import Stage
from console import history
from console.history import Day
from isthmus.admin.session import NAME as COOKIE
from isthmus.simulators.amazon_q import Simulator as AmazonQ
from isthmus.simulators.claude_web import Simulator as ClaudeWeb

Json = dict[str, Any]
PASSWORD = "a password for tests only"
PEOPLE = {"admin": "anna", "viewer": "vera", "holder": "henry"}
OTHER_KEYS = {"search": 30, "nightly reports": 20}
"""Of nobody, with their share of the made up history."""
FROM_OUR_PAGE = {"sec-fetch-site": "same-origin"}
TRAFFIC = (
    ("dummy/dummy-text", 200),
    ("dummy/dummy-thinking", 200),
    ("dummy/dummy-usage-900-0-0-400", 200),
    ("dummy/dummy-429", 429),
    ("dummy/dummy-empty", 200),
    ("claude-web/claude-sonnet-4-6", 200),
)
"""Models asked for, and what the gateway answers."""


@dataclass(slots=True)
class Scenery:
    gateway: RunningGateway
    amazon: AmazonQ
    """Behind the provider `amazon-q`, with two accounts of the gateway."""
    web: ClaudeWeb
    """Behind the provider `claude-web`, with two accounts of the gateway, `wanda` and `will`."""
    cookies: dict[str, str] = field(default_factory=dict)
    """Of somebody who is signed in, by role."""
    keys: dict[str, str] = field(default_factory=dict)
    """API keys by name: `team` is nobody's, `henry` is the holder's own."""
    busy: Day = field(default_factory=lambda: Day.before(datetime.now(UTC)))
    """When its made up history lies."""
    _addresses: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def origin(self) -> str:
        return self.gateway.origin

    def api(self, method: str, path: str, body: Any = None, role: str = "admin") -> Any:
        """An answer of `/v2` to somebody of this role; fails the test on any error."""
        headers = {"cookie": f"{COOKIE}={self.cookies[role]}", **FROM_OUR_PAGE}
        answered = self.gateway.ask(path, body, headers, method)
        assert answered.status < 300, f"{method} {path}: {answered.status} {answered.body.decode()}"
        return answered.json if answered.body else None

    def chat(self, model: str, key: str = "team", text: str = "hello", **fields: Any) -> Answered:
        """A request of a client."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
        return self.gateway.ask("/v1/chat/completions", body, {"authorization": f"Bearer {self.keys[key]}"})

    def person(self, name: str, role: str) -> str:
        """The cookie of a new user, for a test that signs out or changes a password."""
        self.api("POST", "/v2/users", {"name": name, "role": role, "password": PASSWORD})
        return _cookie(self.gateway.ask("/v2/sign-in", {"name": name, "password": PASSWORD}, FROM_OUR_PAGE))

    def sign_in(self, name: str, password: str = PASSWORD) -> int:
        """The status of an attempt from an address that never tried before: it does not wait for what others did wrong."""
        behind = {"x-forwarded-for": f"2001:db8:{next(self._addresses):x}::1"}
        body = {"name": name, "password": password}
        return self.gateway.ask("/v2/sign-in", body, {**FROM_OUR_PAGE, **behind}).status


@contextmanager
def scenery(home: Path) -> Iterator[Scenery]:
    with Stage() as stage:
        amazon, web = stage.play(lambda: AmazonQ(("builder_id", "idc"))), stage.play(ClaudeWeb)
        providers = {
            "dummy": {"type": "dummy", "models": {"fast": "dummy-text", "*": "*"}},
            "amazon-q": {"type": "amazon-q", "amazon_q": amazon.settings},
            "claude-web": {"type": "claude-web", "claude_web": {"base_url": web.url}},
        }
        configuration = {
            "providers": providers,
            "default_provider": "dummy",
            "aliases": {"quick": "dummy/dummy-text"},
            "storage": {"data_dir": str(home / "data")},
            "server": {"trusted_proxies": ["127.0.0.1"]},
        }
        with RunningGateway(configuration, home) as gateway:
            seen = Scenery(gateway, amazon, web)
            _let_people_in(seen)
            _add_accounts(seen)
            _make_keys(seen)
            stage.run(
                history.save(f"sqlite+aiosqlite:///{home / 'data' / 'isthmus.db'}", seen.busy, _sources(seen))
            )
            _ask_around(seen)
            yield seen


def _let_people_in(seen: Scenery) -> None:
    found = re.search(r"/admin/setup#token=(\S+)", seen.gateway.stdout.read_text())
    assert found, "the greeting names no set-up token"
    first = {"token": found[1], "name": PEOPLE["admin"], "password": PASSWORD}
    seen.cookies["admin"] = _cookie(seen.gateway.ask("/v2/setup", first, FROM_OUR_PAGE))
    for role in ("viewer", "holder"):
        seen.cookies[role] = seen.person(PEOPLE[role], role)


def _add_accounts(seen: Scenery) -> None:
    for account in seen.amazon.people.accounts.values():
        seen.api("POST", "/v2/accounts", {"provider": "amazon-q", **seen.amazon.entry_of(account)})
    for name, plan in (("wanda", "pro"), ("will", "free")):
        person = seen.web.add_account(name, plan)
        session = {"kind": "session_key", "label": name, "credential": {"session_key": person.key}}
        seen.api("POST", "/v2/accounts", {"provider": "claude-web", **session})


def _make_keys(seen: Scenery) -> None:
    henry = next(each["id"] for each in seen.api("GET", "/v2/users")["items"] if each["name"] == "henry")
    for body in (
        {"name": "team", "usd_per_month": 50.0},
        {"name": "henry", "user_id": henry},
        *({"name": name} for name in OTHER_KEYS),
    ):
        seen.keys[str(body["name"])] = seen.api("POST", "/v2/keys", body)["secret"]


def _sources(seen: Scenery) -> history.Sources:
    """Of the made up days; `henry` asks nothing there."""
    keys = {each["name"]: each["id"] for each in seen.api("GET", "/v2/keys")["items"]}
    listed = seen.api("GET", "/v2/accounts")["items"]
    return history.Sources(
        {keys[name]: share for name, share in {"team": 50, **OTHER_KEYS}.items()},
        {
            provider: tuple(each["id"] for each in listed if each["provider"] == provider)
            for provider in ("amazon-q", "claude-web")
        },
    )


def _ask_around(seen: Scenery) -> None:
    for key in ("team", "henry"):
        for model, status in TRAFFIC:
            answered = seen.chat(model, key)
            assert answered.status == status, (model, answered.status, answered.body)


def _cookie(answered: Answered) -> str:
    found = re.match(rf"{COOKIE}=([^;]+)", answered.headers.get("set-cookie", ""))
    assert found, f"nobody was signed in: {answered.status} {answered.body.decode()}"
    return found[1]
