"""The admin API of a running gateway: services over its database and its live state, behind one guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from isthmus.admin import accounts as accounts_api
from isthmus.admin import audit as audit_api
from isthmus.admin import backup as backup_api
from isthmus.admin import ips as ips_api
from isthmus.admin import keys as keys_api
from isthmus.admin import logs as logs_api
from isthmus.admin import me as me_api
from isthmus.admin import models as models_api
from isthmus.admin import providers as providers_api
from isthmus.admin import settings as settings_api
from isthmus.admin import sign_in as sign_in_api
from isthmus.admin import stats as stats_api
from isthmus.admin import users as users_api
from isthmus.admin.app import admin_app
from isthmus.admin.errors import render, request_id
from isthmus.admin.guard import AdminGuard
from isthmus.cli.compose import Hands, source
from isthmus.cli.live import Live, credentials_of
from isthmus.cli.probe import probe
from isthmus.cli.stores import Stores
from isthmus.control.account_probing import ProbeResult
from isthmus.control.account_views import Standings
from isthmus.control.accounts import AccountService
from isthmus.control.attempts import Attempts
from isthmus.control.audit import Audit
from isthmus.control.backup import BackupService
from isthmus.control.failures import Denied, Unavailable
from isthmus.control.identity import Identities
from isthmus.control.ips import IpService
from isthmus.control.keys import KeyService
from isthmus.control.logs import LogService
from isthmus.control.models import ModelService, Serving
from isthmus.control.passwords import Passwords
from isthmus.control.prices import PriceService
from isthmus.control.providers import ProviderService
from isthmus.control.set_up import SetUp
from isthmus.control.settings import SettingService
from isthmus.control.sign_in import SignIn
from isthmus.control.statistics import StatisticsService
from isthmus.control.tokens import Tokens
from isthmus.control.users import Users
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import ModelInfo
from isthmus.observability.request_log import RequestLog
from isthmus.server.gateway import Gateway
from isthmus.storage.accounts import Account
from isthmus.storage.audit import AuditLog
from isthmus.storage.errors import StorageError
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.sessions import SessionStore
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import UserStore

MAX_BODY_BYTES: Final = 64 << 20
"""An import of thousands of accounts is a few MiB."""


@dataclass(slots=True)
class Administration:
    """Built once, when the gateway runs."""

    live: Live
    hands: Hands
    stores: Stores
    log: RequestLog
    logs: RequestLogs
    statistics: StatisticsService
    set_up: SetUp
    passwords: Passwords = field(default_factory=Passwords)
    audit: AuditLog = field(init=False)
    users: UserStore = field(init=False)

    def __post_init__(self) -> None:
        self.audit = AuditLog(self.stores.database)
        self.users = UserStore(self.stores.database)

    def app(self) -> FastAPI:
        """Every route, without the guard."""
        app = admin_app(self._routers())
        app.add_exception_handler(StorageError, _database_away)
        return app

    def site(self) -> ASGIApp:
        """What the gateway serves below `/v2`."""
        database = self.stores.database
        identities = Identities(SessionStore(database), TokenStore(database))
        return Doorstep(self.live, AdminGuard(self.app(), identities, MAX_BODY_BYTES))

    def _routers(self) -> Sequence[APIRouter]:
        tables, audit = self.live.tables, self.audit
        accounts = AccountService(
            tables.accounts,
            tables.providers,
            tables.cooldowns,
            lambda: self.live.configured.providers,
            audit.note,
            self._probe,
            self._standings,
        )
        providers = ProviderService(
            tables.providers, lambda: self.live.configured.providers, audit.note, accounts.count_states
        )
        settings = SettingService(
            tables.settings, audit, self.live.configured, lambda: self.live.settings.providers
        )
        database = self.stores.database
        return (
            *self._routers_for_people(),
            accounts_api.router(accounts),
            providers_api.router(providers),
            keys_api.router(KeyService(tables.keys, tables.key_usage, audit, self._is_user)),
            settings_api.router(settings),
            ips_api.router(IpService(tables.blocks, audit)),
            models_api.router(ModelService(self._serving), PriceService(tables.prices, audit)),
            logs_api.router(
                LogService(self.logs, self.log, self.statistics.own_keys, audit), self.statistics
            ),
            stats_api.router(self.statistics),
            backup_api.router(BackupService(database, audit.note)),
        )

    def _routers_for_people(self) -> Sequence[APIRouter]:
        database, audit = self.stores.database, self.audit
        sign_in = SignIn(
            self.users,
            SessionStore(database),
            audit,
            self.passwords,
            Attempts(),
            self.set_up,
            self.live.configured.admin.session_hours,
        )
        return (
            sign_in_api.router(sign_in),
            me_api.router(sign_in, Tokens(TokenStore(database), audit)),
            users_api.router(Users(self.users, self.passwords, audit)),
            audit_api.router(Audit(audit)),
        )

    def _serving(self) -> Serving:
        offer = self.live.gateway.endpoints.offer

        async def listed() -> Sequence[ModelInfo]:
            return await offer.models.of(None, for_discovery=False)

        return Serving(
            offer.directory,
            self.live.settings.aliases,
            listed,
            lambda provider, model: offer.suppliers[provider].face.abilities(model),
            self.live.price_of,
        )

    def _standings(self) -> Standings:
        return self.live.standings()

    async def _probe(self, account: Account) -> ProbeResult:
        """A real call, as small as it can be."""
        settings, name = self.live.settings, account.provider
        if name not in settings.providers:
            return ProbeResult(
                ok=False, error=f"provider {name!r} is not in force: see GET /v2/providers/{name}"
            )
        reached = source(settings, name, self.hands.http, credentials_of(account))
        found = await probe(reached, settings.providers[name], ask=True)
        error = None if found.ok else self.live.redaction.text(f"{found.problem}: {found.way_out}")
        return ProbeResult(found.ok, round(found.took_s * 1000), found.model, error)

    async def _is_user(self, id: str) -> bool:
        return await self.users.load(id) is not None


async def _database_away(request: Request, failure: Exception) -> Response:
    return render(request_id(request), Unavailable(f"the database does not answer: {failure}"))


@dataclass(frozen=True, slots=True)
class Doorstep:
    """What the rest of the gateway asks of a request before anything else: its host name, and that its address is not blocked."""

    live: Live
    inner: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway: Gateway = self.live.gateway
        client = scope["client"][0] if scope.get("client") else ""
        try:
            gateway.guard.check_host(Headers(scope=scope))
            gateway.admission.check_address(client)
        except BadRequest as refusal:
            request_id = str(scope.get("state", {}).get("request_id", ""))
            await render(request_id, Denied(refusal.message))(scope, receive, send)
        else:
            await self.inner(scope, receive, send)
