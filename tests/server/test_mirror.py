"""Callers with a session of their own, through the whole application: what it opens, and that it opens nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from asgi import Reply, ask
from isthmus.config import ConversationSettings
from isthmus.control.conversations import Conversations
from isthmus.core.commands import Authorize, Call, Exchange, Grant, Keep, Later, Stream
from isthmus.core.conversation import Conversation
from isthmus.core.errors import BadRequest, Kind, Next, Scope, UpstreamError
from isthmus.core.interfaces import ModelInfo, Target
from isthmus.core.remembered import Particulars
from isthmus.core.secret import Secret
from isthmus.observability.redaction import Redaction
from isthmus.routing.directory import Directory
from isthmus.routing.limits import Limit, Sliding, Unit
from isthmus.routing.model_map import ModelMap
from isthmus.routing.permissions import key_hash
from isthmus.server.callers import Caller, Callers
from isthmus.server.gateway import Gateway
from isthmus.server.mirror import MIRROR, Mirror, session_of, told
from isthmus.server.offer import Offer
from isthmus.server.paths import Endpoint
from isthmus.server.sources import Source
from isthmus.server.suppliers import alone
from isthmus.storage.conversations import ConversationStore
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault
from isthmus.transport.http import Http, Limits
from plainly import Upstream, WordDecoder, Wordy, classify, lines, upstream
from whole import gateway

KEY = "sk-ant-sid01-canaryCANARY" + "c" * 60 + "-AAAAAAAA"
HELLO = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
CHAT_HELLO = {"model": "claude-x", "messages": [{"role": "user", "content": "hello"}]}
PREFIX = "/mine/own"


class Website(Wordy):
    """Shows the account's session as a website wants it, and tidies up behind."""

    native = frozenset[str]()

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        grant = yield Authorize()
        assert isinstance(grant, Grant)
        headers = (
            ("cookie", f"sessionKey={grant.token.reveal()}"),
            ("x-organization", grant.details.get("organization_id", "")),
        )
        yield Later(tidy(self.url, headers))
        yield Stream("POST", self.url, headers, b"{}", lambda head: WordDecoder(), refused)
        yield Keep({"session_key": Secret("sk-ant-sid01-another")}, used=grant.token)

    def list_models(self) -> None:
        return None

    def read_models(self, body: bytes) -> list[ModelInfo]:
        return [ModelInfo("claude-x")]


def tidy(url: str, headers: tuple[tuple[str, str], ...]) -> Any:
    yield Call("DELETE", url, headers)


def refused(head: Any, body: bytes) -> UpstreamError:
    if head.status != 401:
        return classify(head, body)
    return UpstreamError(
        "not accepted", status=401, next=Next.OTHER_ACCOUNT, scope=Scope.CREDENTIAL, detail=body.decode()
    )


class Stage:
    def __init__(self, http: Http, up: Upstream) -> None:
        self.http = http
        self.up = up
        self.site = Website(up.url, "web")
        known = Callers({key_hash("ours"): Caller("key_1", "ours")}, required=True)
        self.app: Gateway = gateway(
            Source(self.site, http.channel(Limits())),
            Source(Wordy(up.url, "other"), http.channel(Limits())),
            callers=known,
        )
        self.app.mirror = Mirror(PREFIX, "web", self.offer, 100)

    def offer(self, caller: Grant) -> Offer:
        async def authorize(refused: Secret | None) -> Grant:
            return caller

        own = Source(self.site, self.http.channel(Limits()), authorize=authorize)
        paths = Directory({"web": ModelMap()}, {}, "web")
        return Offer.of({"web": alone(own, id=MIRROR, max_attempts=1)}, paths)

    async def ask(
        self, path: str, body: Any = HELLO, key: str | None = KEY, method: str = "POST", **headers: str
    ) -> Reply:
        shown = {} if key is None else {"authorization": f"Bearer {key}"}
        return await ask(self.app, method, path, body, shown | headers)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Http() as http, upstream(lines("begin", "hello", "end")) as up:
        yield Stage(http, up)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as entries:
        yield entries


@pytest.mark.parametrize(
    "path", [f"{PREFIX}/v1/messages", f"{PREFIX}/web/v1/messages", f"{PREFIX}/v1/v1/messages/"]
)
@pytest.mark.parametrize("stream", [True, False])
async def test_the_key_that_is_shown_is_the_account(stage: Stage, path: str, stream: bool) -> None:
    reply = await stage.ask(path, HELLO | {"stream": stream}, f"{KEY}:0b7c2d1e-5a44")
    assert reply.status == 200
    assert b"hello" in reply.body
    assert stage.up.headers[0]["cookie"] == f"sessionKey={KEY}"
    assert stage.up.headers[0]["x-organization"] == "0b7c2d1e-5a44"
    await stage.app.endpoints.errands.close()
    assert stage.up.headers[1]["cookie"] == f"sessionKey={KEY}"


async def test_either_header_and_every_dialect_will_do(stage: Stage) -> None:
    chat = await ask(stage.app, "POST", f"{PREFIX}/v1/chat/completions", CHAT_HELLO, {"x-api-key": KEY})
    assert chat.json["object"] == "chat.completion"
    models = await stage.ask(f"{PREFIX}/v1/models", b"", method="GET")
    assert [each["id"] for each in models.json["data"]] == ["claude-x"]
    count = await stage.ask(f"{PREFIX}/v1/messages/count_tokens")
    assert count.json["input_tokens"] > 0
    assert (await stage.ask(f"{PREFIX}/", b"", None, "HEAD")).status == 200


@pytest.mark.parametrize(
    "path",
    [
        f"{PREFIX}/v2/accounts",
        f"{PREFIX}/other/v1/messages",
        f"{PREFIX}/stats",
        f"{PREFIX}/health",
        f"{PREFIX}/v1/files",
        f"{PREFIX}/v1/embeddings",
        f"{PREFIX}/../v2/accounts",
        f"{PREFIX}{PREFIX}/v1/messages",
        PREFIX + "/nonsense",
    ],
)
async def test_it_opens_nothing_else_below_the_prefix(stage: Stage, path: str) -> None:
    assert (await stage.ask(path)).status == 404
    assert stage.up.asked == 0


@pytest.mark.parametrize(
    "path", ["/v1/messages", "/web/v1/messages", "/mine/ownv1/messages", "/v1/models", "/stats"]
)
async def test_it_opens_nothing_elsewhere(stage: Stage, path: str) -> None:
    reply = await stage.ask(path)
    assert reply.status in {401, 404}
    assert KEY not in reply.body.decode()
    assert stage.up.asked == 0


@pytest.mark.parametrize(
    "key",
    [
        None,
        "ours",
        "sk-ant-api03-canary-canary",
        "sk-ant-oat01-canary-canary",
        f"{KEY};x",
        f"{KEY}:a b",
        "sk-ant-sid",
    ],
)
async def test_nothing_but_a_session_key_is_taken(stage: Stage, key: str | None) -> None:
    reply = await stage.ask(f"{PREFIX}/v1/messages", key=key)
    assert reply.status == 401
    assert reply.json["error"]["type"] == "authentication_error"
    assert "canary" not in reply.body.decode()
    assert stage.up.asked == 0


async def test_models_of_others_are_out_of_reach(stage: Stage) -> None:
    await stage.ask(f"{PREFIX}/v1/messages", HELLO | {"model": "other/gpt"})
    assert stage.site.heard == []
    assert all(headers.get("cookie") == f"sessionKey={KEY}" for headers in stage.up.headers)


async def test_a_key_that_is_not_accepted_is_the_callers_own_fault_and_tried_once() -> None:
    async with Http() as http, upstream(web.Response(status=401, text=f"bad {KEY}")) as up:
        stage = Stage(http, up)
        rows: list[Any] = []
        stage.app.note = rows.append
        reply = await stage.ask(f"{PREFIX}/v1/messages")
        assert rows[0].attempt_list[0].text == "bad ***"
        assert reply.status == 401
        assert "does not accept this session key" in reply.json["error"]["message"]
        await stage.app.endpoints.errands.close()
    assert [each.get("cookie") for each in up.headers] == [f"sessionKey={KEY}"] * 2, (
        "the attempt, and the tidying up"
    )


async def test_other_failures_keep_their_meaning() -> None:
    async with Http() as http, upstream(web.Response(status=529, text="busy")) as up:
        reply = await Stage(http, up).ask(f"{PREFIX}/v1/messages")
    assert reply.status == 529


async def test_nothing_is_remembered_for_callers_without_a_key(
    stage: Stage, sqlite: Database, vault: Vault
) -> None:
    store = ConversationStore(sqlite, vault)
    stage.app.endpoints.memory = memory = Conversations(store, ConversationSettings)
    begun = await memory.begin(Caller().owner, Particulars())
    reply = await stage.ask(f"{PREFIX}/v1/messages", HELLO | {"conversation_id": begun.id})
    assert (reply.status, reply.headers.get("x-conversation-id")) == (200, None)
    assert (await memory.recall(Caller().owner, begun.id)).turns == ()
    assert (await stage.ask(f"{PREFIX}/v1/conversations", b"")).status == 404


async def test_an_address_may_ask_so_often(stage: Stage) -> None:
    stage.app.mirror = replace(stage.app.mirror, requests_per_minute=2)  # type: ignore[type-var]
    statuses = [(await stage.ask(f"{PREFIX}/v1/messages", key=key)).status for key in ("bad", KEY, KEY)]
    assert statuses == [401, 200, 429], "what is no key counts as well"
    assert (await stage.ask("/other/v1/messages", key="ours")).status == 200, "others are not concerned"


async def test_blocks_and_the_limit_of_addresses_hold_here_too(stage: Stage) -> None:
    stage.app.admission.ip_limits = (Limit(Unit.REQUESTS, 1, Sliding(60)),)
    assert [(await stage.ask(f"{PREFIX}/v1/messages")).status for _ in range(2)] == [200, 429]
    stage.app.admission.blocked = lambda address, now_s: "enough"
    assert (await stage.ask(f"{PREFIX}/v1/messages")).status == 403


async def test_without_the_mode_its_path_is_one_like_any_other(stage: Stage) -> None:
    stage.app.mirror = None
    assert (await stage.ask(f"{PREFIX}/v1/messages")).status == 401


async def test_no_line_has_the_key_and_no_account_is_named(stage: Stage, logged: list[Any]) -> None:
    rows: list[Any] = []
    stage.app.note = rows.append
    for path, key in (
        (f"{PREFIX}/v1/messages", KEY),
        (f"{PREFIX}/v1/messages", f"{KEY};"),
        (f"{PREFIX}/v2", KEY),
    ):
        await stage.ask(path, key=key)
    await stage.app.endpoints.errands.close()
    lines_written = (
        json.dumps(logged, default=str)
        + repr(rows)
        + json.dumps([row.fields(time.monotonic()) for row in rows], default=str)
    )
    assert "canary" not in lines_written.lower()
    assert (rows[0].account, rows[0].key, rows[0].notes) == (MIRROR, None, [MIRROR])


def test_what_is_taken_for_a_key_is_masked_by_the_last_net() -> None:
    shown = session_of({"x-api-key": f"{KEY}:org-1"})
    assert (shown.token, shown.details) == (Secret(KEY), {"organization_id": "org-1"})
    assert "canary" not in Redaction().text(f"something said {KEY}:org-1 aloud").lower()
    assert KEY not in repr(shown)


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/mine/own/v1/messages", Endpoint.MESSAGES),
        ("/mine/own", Endpoint.PROBE),
        ("/mine/own/v1/files", Endpoint.UNKNOWN),
        ("/mine/owner/v1/messages", None),
        ("/mine", None),
        ("/v1/messages", None),
    ],
)
def test_places(stage: Stage, path: str, endpoint: Endpoint | None) -> None:
    assert stage.app.mirror is not None
    place = stage.app.mirror.place(path)
    assert (None if place is None else place.endpoint) is endpoint


def test_only_what_concerns_the_credential_becomes_the_callers_fault() -> None:
    broken, ours = UpstreamError("broken", status=500), BadRequest("no", kind=Kind.NOT_FOUND)
    assert told(broken) is broken
    assert told(ours) is ours
