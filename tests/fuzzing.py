"""The whole gateway under schemathesis: every operation of the admin API's own document, asked by an administrator's script."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder
from starlette.types import Receive, Scope, Send

from asgi import ask
from cli.gateways import DUMMY, gateway
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control.identity import Identities
from isthmus.control.passwords import Passwords
from isthmus.control.people import OPERATOR, Role
from isthmus.control.tokens import Tokens
from isthmus.control.users import NewUser, Users
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.sessions import SessionStore
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import UserStore
from signing_in import CHEAP

HOST: Final = "testserver"
"""As which schemathesis asks applications."""
HELLO: Final = {"model": "dummy", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
TAIL_S: Final = 1.0
"""The tail of the log never ends by itself."""
PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
AS_THE_LIST: Final = ["tail_logs", "export_logs"]
"""Their filters are those of `list_logs`, of which every boundary is tried."""

_NUMBERS: Final = itertools.count()
_OPEN: Final = {"user_id": None, "ips": ["203.0.113.0/24"], "expires_at": "2100-01-01T00:00:00Z"}
_NETWORK: Final = {"network": "203.0.113.0/24", "expires_at": None}
_ACCOUNT: Final = {"kind": "api_key", "proxy": None}
KNOWN: Final[Mapping[str, Mapping[str, Any]]] = {
    "create_account": {**_ACCOUNT, "provider": "dummy", "label": None},
    "edit_account": _ACCOUNT,
    "create_provider": {"type": "openai-compatible", "settings": {"base_url": "http://127.0.0.1:9/v1"}},
    "edit_provider": {"settings": {"base_url": "http://127.0.0.1:9/v2"}},
    "create_key": _OPEN,
    "edit_key": _OPEN,
    "block_ip": _NETWORK,
    "unblock_ip": _NETWORK,
    "create_user": {"password": "correct horse 7"},
}
"""What fields have to be that no schema can describe. Else next to nothing would get past their checks."""
ASK_FOR_A_PASSWORD: Final = ("/v2/setup", "/v2/sign-in", "/v2/me/password")


@dataclass
class Assembled:
    """An ASGI application that lives as long as its lifespan: a gateway with a database of its own."""

    folder: Path
    url: str | None = None
    token: Secret = field(init=False)
    """What requests carry."""
    _valid: Secret = field(init=False)
    """What stands in its place once somebody has removed it, or disabled its user. Fuzzing does."""
    _may_have_ended: bool = field(init=False, default=False)
    _database: Database = field(init=False)
    _gateway: Any = field(init=False)

    def __post_init__(self) -> None:
        self.token = self._valid = asyncio.run(self._first_token())

    @property
    def configuration(self) -> dict[str, Any]:
        storage = {"data_dir": str(self.folder)} | ({} if self.url is None else {"url": self.url})
        return {**DUMMY, "storage": storage, "server": {"allowed_hosts": [HOST]}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        client = ("127.0.0.1", 50_000)
        await self._gateway({**scope, "client": client, "headers": await self._headers(scope)}, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with gateway(self.folder, self.configuration) as (running, stores):
            self._gateway, self._database = running.live.gateway, stores.database
            for model in ("dummy", "dummy-429"):
                await ask(self._gateway, "POST", "/v1/messages", {**HELLO, "model": model}, {"host": HOST})
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        shown, headers = (b"authorization", _bearer(self.token).encode()), scope["headers"]
        if shown not in headers:
            return list(headers)
        if self._may_have_ended and not await self._is_valid():
            self._valid = await _new_token(self._database)
        self._may_have_ended = scope["method"] not in {"GET", "HEAD", "OPTIONS"}
        valid = (b"authorization", _bearer(self._valid).encode())
        return [valid if each == shown else each for each in headers]

    async def _is_valid(self) -> bool:
        identities = Identities(SessionStore(self._database), TokenStore(self._database))
        known = await identities.by_token(self._valid, "127.0.0.1")
        return known is not None and known.person.is_admin

    async def _first_token(self) -> Secret:
        async with open_stores(Settings.model_validate(self.configuration)) as stores:
            return await _new_token(stores.database)


async def _new_token(database: Database) -> Secret:
    audit, users = AuditLog(database), UserStore(database)
    new = NewUser(f"root-{token_hex(4)}", Role.ADMIN, None)
    root = await Users(users, Passwords(CHEAP), audit).create(OPERATOR, new)
    return (await Tokens(TokenStore(database), audit).create(OPERATOR, root.id, "for tests", None)).secret


def _bearer(token: Secret) -> str:
    return f"Bearer {token.reveal()}"


@dataclass(frozen=True, slots=True)
class Finding:
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def fuzz(
    app: Assembled, examples: int, *, seed: int | None, phases: Iterable[str] = PHASES
) -> Iterator[Finding]:
    """Everything that schemathesis finds wrong. With a seed, it tries the same every time."""
    headers = {"Authorization": _bearer(app.token)}
    config = SchemathesisConfig.from_dict({**_config(examples, seed, set(phases)), "headers": headers})
    schema = schemathesis.openapi.from_asgi("/v2/openapi.json", app, config=config, headers=headers)
    for event in from_schema(schema).execute():
        match event:
            case ScenarioFinished(recorder=recorder):
                yield from _findings(recorder)
                yield from _refusals(recorder, _bearer(app.token))
            case NonFatalError(label=label, value=error):
                yield Finding(label, f"{type(error).__name__}: {error}")
            case FatalError(exception=error):
                raise error


@schemathesis.hook
def before_call(context: Any, case: Any, **kwargs: Any) -> None:
    """Makes bodies sensible, as far as they have these fields."""
    known = KNOWN.get(case.operation.definition.raw["operationId"])
    if known and isinstance(case.body, dict):
        key = {"credential": {"api_key": f"sk-{next(_NUMBERS):020}"}}
        case.body = {name: {**key, **known}.get(name, value) for name, value in case.body.items()}


def _config(examples: int, seed: int | None, phases: set[str]) -> Mapping[str, Any]:
    return {
        **({} if seed is None else {"seed": seed}),
        "continue-on-failure": True,
        "generation": {"max-examples": examples, "deterministic": seed is not None, "no-shrink": True},
        "phases": {name: {"enabled": name in phases} for name in PHASES},
        "operations": [
            {
                "include-operation-id": "tail_logs",
                "request-timeout": TAIL_S,
                "generation": {"max-examples": 2},
            },
            {"include-operation-id": AS_THE_LIST, "phases": {"coverage": {"enabled": False}}},
        ],
        # That a name is taken or an address is none of ours is not for a schema to say.
        "checks": {"positive_data_acceptance": {"enabled": False}},
    }


def _findings(recorder: ScenarioRecorder) -> Iterator[Finding]:
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure, sample = check.failure_info.failure, check.failure_info.code_sample
                yield Finding(recorder.label, f"{check.name}: {failure.title}: {failure.message}\n{sample}")


def _refusals(recorder: ScenarioRecorder, credentials: str) -> Iterator[Finding]:
    """An administrator is let in everywhere; else nothing of what is behind the door would have been tried."""
    for interaction in recorder.interactions.values():
        request, response = interaction.request, interaction.response
        asks_password = request.uri.endswith(ASK_FOR_A_PASSWORD)
        if response is None or asks_password or request.headers.get("Authorization") != [credentials]:
            continue
        if response.status_code in {401, 403}:
            yield Finding(recorder.label, f"{request.method} {request.uri} is refused: {response.text}")
