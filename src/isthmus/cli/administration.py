"""The admin API of a running gateway: services over its database and its live state, behind one guard."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isthmus import __version__
from isthmus.admin import about as about_api
from isthmus.admin import accounts as accounts_api
from isthmus.admin import audit as audit_api
from isthmus.admin import backup as backup_api
from isthmus.admin import conformance as conformance_api
from isthmus.admin import ips as ips_api
from isthmus.admin import keys as keys_api
from isthmus.admin import logins as logins_api
from isthmus.admin import logs as logs_api
from isthmus.admin import me as me_api
from isthmus.admin import models as models_api
from isthmus.admin import provider_types as provider_types_api
from isthmus.admin import providers as providers_api
from isthmus.admin import recent as recent_api
from isthmus.admin import settings as settings_api
from isthmus.admin import sign_in as sign_in_api
from isthmus.admin import stats as stats_api
from isthmus.admin import surveys as surveys_api
from isthmus.admin import token_files as token_files_api
from isthmus.admin import users as users_api
from isthmus.admin.app import admin_app
from isthmus.admin.bodies import SAFE
from isthmus.admin.errors import render, request_id
from isthmus.admin.guard import AdminGuard
from isthmus.cli.account_desk import probe_account
from isthmus.cli.caching import cache_figures
from isthmus.cli.compose import Hands
from isthmus.cli.conformance_desk import ConformanceDesk
from isthmus.cli.live import Live
from isthmus.cli.login_desk import sender
from isthmus.cli.stores import Stores
from isthmus.control.about import AboutService, Inside
from isthmus.control.account_probing import ProbeResult
from isthmus.control.account_views import Standings
from isthmus.control.accounts import AccountService
from isthmus.control.attempts import Attempts
from isthmus.control.audit import Audit
from isthmus.control.backup import BackupService
from isthmus.control.conformance import ConformanceService
from isthmus.control.failures import Denied, Unavailable
from isthmus.control.identity import Identities
from isthmus.control.ips import IpService
from isthmus.control.keys import KeyService
from isthmus.control.logins import LoginService
from isthmus.control.logs import LogService
from isthmus.control.models import ModelService, Serving
from isthmus.control.passwords import Passwords
from isthmus.control.playground import PlaygroundKeys
from isthmus.control.prices import PriceService
from isthmus.control.providers import ProviderService
from isthmus.control.recent import RecentService
from isthmus.control.set_up import SetUp
from isthmus.control.settings import SettingService
from isthmus.control.sign_in import SignIn
from isthmus.control.statistics import StatisticsService
from isthmus.control.token_files import TokenFiles
from isthmus.control.tokens import Tokens
from isthmus.control.users import Users
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import ModelInfo
from isthmus.observability.request_log import RequestLog
from isthmus.server.gateway import Gateway
from isthmus.storage.accounts import Account
from isthmus.storage.audit import AuditLog
from isthmus.storage.conformance import ConformanceStore
from isthmus.storage.errors import StorageError
from isthmus.storage.logins import LoginStore
from isthmus.storage.recent import RecentRequests
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from isthmus.storage.sessions import SessionStore
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import UserStore

MAX_BODY_BYTES: Final = 64 << 20
"""An import of thousands of accounts is a few MiB."""


@dataclass(slots=True)
class Administration:
    """Built once, when it is first asked for."""

    live: Live
    hands: Hands
    stores: Stores
    log: RequestLog
    logs: RequestLogs
    sums: RequestSums
    set_up: SetUp
    passwords: Passwords
    audit: AuditLog = field(init=False)
    users: UserStore = field(init=False)
    keys: KeyService = field(init=False)
    statistics: StatisticsService = field(init=False)
    conformance: ConformanceService = field(init=False)
    site: ASGIApp = field(init=False)
    """What the gateway serves below `/v2`."""

    def __post_init__(self) -> None:
        database, tables = self.stores.database, self.live.tables
        self.audit = AuditLog(database)
        self.users = UserStore(database)
        self.keys = KeyService(
            tables.keys, tables.key_usage, self.audit, self._is_user, self.users.disabled_ids
        )
        self.statistics = StatisticsService(
            self.sums,
            self.logs,
            self.keys.own_ids,
            lambda: self.log.state,
            __version__,
            self.live.started_ms,
            caches=cache_figures(lambda: self.live.gateway.endpoints.offer.suppliers),
            processes=self.hands.crews.figures,
            conversations=self.live.conversations.figures,
        )
        self.conformance = ConformanceService(
            ConformanceStore(database), ConformanceDesk(self.live), self.audit, labels=tables.accounts.labels
        )
        self.live.endings.append(self.conformance.close)
        identities = Identities(SessionStore(database), TokenStore(database))
        self.site = Doorstep(self.live, AtOnce(self.live, AdminGuard(self.app(), identities, MAX_BODY_BYTES)))

    def app(self) -> FastAPI:
        """Every route, without the guard."""
        app = admin_app(self._routers())
        app.add_exception_handler(StorageError, _database_away)
        return app

    async def summary(self, key_id: str | None, owner: str) -> bytes:
        """`GET /stats` of the gateway itself: what whoever shows this key may see. `owner` is whose conversations they have."""
        answer = stats_api.KeySummaryAnswer.of(await self.statistics.public_summary(key_id, owner))
        return answer.model_dump_json().encode()

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
            self.live.kept.surveys.last_of,
        )
        providers = ProviderService(
            tables.providers, lambda: self.live.configured.providers, audit.note, accounts.count_states
        )
        settings = SettingService(
            tables.settings,
            audit,
            self.live.configured,
            lambda: self.live.settings.providers,
            self.live.sources,
        )
        database = self.stores.database
        logins = LoginService(
            LoginStore(database, self.stores.vault),
            accounts,
            lambda: self.live.settings.providers,
            sender(lambda: self.live.settings, self.hands.http),
        )
        return (
            *self._routers_for_people(),
            # Before `/{id}`, which is no name of an account there.
            token_files_api.router(TokenFiles(accounts, providers)),
            accounts_api.router(accounts),
            surveys_api.router(self.live.kept.surveys),
            logins_api.router(logins),
            providers_api.router(providers),
            provider_types_api.router(),
            keys_api.router(self.keys),
            settings_api.router(settings),
            ips_api.router(IpService(tables.blocks, audit)),
            models_api.router(ModelService(self._serving), PriceService(tables.prices, audit)),
            logs_api.router(LogService(self.logs, self.log, self.keys.own_ids, audit), self.statistics),
            stats_api.router(self.statistics),
            backup_api.router(BackupService(database, audit.note)),
            conformance_api.router(self.conformance),
            recent_api.router(
                RecentService(RecentRequests(database), tables.blocks, self.keys.own_ids), accounts
            ),
            about_api.router(AboutService(database, self.stores.data_dir, self._inside())),
        )

    def _inside(self) -> Inside:
        live = self.live
        return Inside(
            version=__version__,
            started_ms=live.started_ms,
            settings=lambda: live.settings,
            key_required=lambda: live.gateway.admission.callers.required,
            queue=lambda: self.log.state,
            processes=self.hands.crews.figures,
            live_tails=lambda: self.log.tails,
            accounts=lambda: len(live.standings()),
            refused=lambda: live.refused,
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
            me_api.router(
                sign_in, Tokens(TokenStore(database), audit), PlaygroundKeys(self.live.tables.keys, audit)
            ),
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
            self.live.is_worth,
            self.live.configured.aliases,
            self.live.configured.providers,
        )

    async def _standings(self) -> Standings:
        await look(self.live)
        return self.live.standings()

    async def _probe(self, account: Account) -> ProbeResult:
        return await probe_account(account, self.live.settings, self.hands, self.live.kept)

    async def _is_user(self, id: str) -> bool:
        return await self.users.load(id) is not None


async def look(live: Live) -> None:
    """Takes over what has changed. `Live.follow` does so again before long, and says what is wrong when it fails."""
    with suppress(Exception):
        await live.look()


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


@dataclass(frozen=True, slots=True)
class AtOnce:
    """A change is in force here before it is answered. Other gateways on the same database notice within a second."""

    live: Live
    inner: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await look(self.live)
            await send(message)

        await self.inner(scope, receive, send if scope["method"] in SAFE else changed)
