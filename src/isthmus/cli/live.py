"""A gateway that follows its database: what an operator changes, here or in another process, takes effect within a second.

Every topic of the database has a revision. When one has moved on, that topic is read anew and the part of the gateway that
depends on it replaced; requests under way keep what they began with.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from pydantic import ValidationError

from isthmus import registry
from isthmus.cli.compose import Credentials, Hands, Stock, begin_crews, build, callers, guard, mirror, offer
from isthmus.cli.keeping import keeping
from isthmus.cli.stores import Stores
from isthmus.config import ProviderSettings, Settings, Source
from isthmus.config.checks import CLAUDE_CODE, network_problem
from isthmus.config.live import with_stored
from isthmus.control.account_checks import unfit_reason
from isthmus.control.clock import now_ms
from isthmus.control.conversations import Conversations
from isthmus.control.ips import rules_of
from isthmus.control.ledger import Ledger
from isthmus.core.secret import Secret
from isthmus.core.usage import Usage
from isthmus.limiting.memory import MemoryLimiter
from isthmus.observability.redaction import Redaction
from isthmus.routing.limits import Calendar, Limit, Limiter, Sliding, Unit
from isthmus.routing.pool import AccountId, Cooling, CoolingReason, Member
from isthmus.routing.prices import Price, PriceTable, cost_nano_usd
from isthmus.routing.slot import Standing
from isthmus.server.callers import Caller
from isthmus.server.gateway import Gateway
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.conversations import ConversationStore
from isthmus.storage.cooldowns import CooldownRow, CooldownStore
from isthmus.storage.errors import StorageError
from isthmus.storage.ips import BlockStore
from isthmus.storage.key_usage import CurrentUse, KeyUsageStore
from isthmus.storage.keys import ApiKey, KeyStore
from isthmus.storage.prices import PriceStore
from isthmus.storage.providers import ProviderStore
from isthmus.storage.settings import SettingStore
from isthmus.storage.users import UserStore

log = structlog.get_logger("isthmus")

LOOK_EVERY_S: Final = 1.0
PAID_OTHERWISE: Final = frozenset({"amazon-q", "claude-web"})
"""Types of providers whose accounts are paid for by subscription or credits, never by the token."""
_OFFER: Final = frozenset({"accounts", "settings"})


@dataclass(frozen=True, slots=True)
class Tables:
    """The stores that a gateway reads from."""

    accounts: AccountStore
    providers: ProviderStore
    cooldowns: CooldownStore
    keys: KeyStore
    key_usage: KeyUsageStore
    settings: SettingStore
    blocks: BlockStore
    prices: PriceStore
    users: UserStore

    @classmethod
    def of(cls, stores: Stores) -> Tables:
        database, vault = stores.database, stores.vault
        return cls(
            AccountStore(database, vault),
            ProviderStore(database, vault),
            CooldownStore(database),
            KeyStore(database),
            KeyUsageStore(database),
            SettingStore(database),
            BlockStore(database),
            PriceStore(database),
            UserStore(database),
        )


class Live:
    """`open` it, serve `gateway`, and let `follow` run beside it."""

    def __init__(
        self,
        configured: Settings,
        hands: Hands,
        stores: Stores,
        ledger: Ledger,
        redaction: Redaction,
        limiter: Limiter | None = None,
        when_settings_change: Callable[[Settings], None] = lambda settings: None,
        *,
        default_is_guessed: bool = False,
        sources: Mapping[str, Source] | None = None,
    ) -> None:
        """`configured` are the settings of file and environment, `sources` who says what of them. Where their default
        provider is only a guess, the first stored provider goes before it."""
        self.configured = configured
        self.sources = sources or {}
        self._default_is_guessed = default_is_guessed
        self.tables = Tables.of(stores)
        self._database = stores.database
        self._hands = hands
        self._ledger = ledger
        self.redaction = redaction
        self._limiter = MemoryLimiter() if limiter is None else limiter
        self._when_settings_change = when_settings_change
        self._revisions: dict[str, int] = {}
        self._looking = asyncio.Lock()
        self._prices = PriceTable.shipped()
        self.started_ms = now_ms()
        self._stored_accounts: Mapping[str, Account] = {}
        self._unfit: Mapping[str, str] = {}
        """Stored accounts that cannot be used, and why."""
        self.settings = configured
        """In force: with stored providers and settings."""
        self.kept = keeping(stores, hands.http, lambda: self.settings, redaction)
        store = ConversationStore(stores.database, stores.vault)
        self.conversations = Conversations(store, lambda: self.settings.conversations)
        ledger.listeners.append(self.kept.surveys.changed)
        self.refused: Mapping[str, str] = {}
        """Stored settings and providers that are not in force, and why."""
        self.gateway: Gateway
        self.endings: list[Callable[[], Awaitable[None]]] = []
        """What must be ended before the database is closed."""

    async def open(self) -> Gateway:
        """Raises `ValueError` when what file and environment say does not fit together."""
        self._revisions = await self._database.revisions()
        await self._load_settings()
        await self.kept.surveys.load()
        stock = await self._stock(await self.tables.cooldowns.load(now_ms()))
        self.gateway = build(
            self.settings,
            self._hands,
            stock,
            journal=self._ledger,
            limiter=self._limiter,
            keeper=self.kept.keeper,
            memory=self.conversations,
        )
        await self._apply_keys(stock.callers)
        await self._apply_blocks()
        self._apply_settings()
        await self._apply_prices()
        begin_crews(self.settings, self._hands, self.gateway.endpoints.offer)
        return self.gateway

    async def end(self) -> None:
        """Ends what was begun beside the requests."""
        for ending in self.endings:
            await ending()

    async def follow(self) -> None:
        """Runs until it is cancelled. A database that is away leaves everything as it is."""
        said: type[Exception] | None = None
        """The failure that the last look met. Every look tries again, and each kind is said when it begins."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
                said = None
            except (StorageError, OSError) as error:
                if said is not type(error):
                    log.warning("changes cannot be read from the database", error=str(error))
                said = type(error)
            except Exception as error:
                # A row that cannot be read, or a bug. What is in force stays: one bad row must not end all that follows.
                if said is not type(error):
                    log.exception("a change in the database could not be applied")
                said = type(error)

    async def look(self) -> None:
        """Takes over what has changed in the database since the last look."""
        async with self._looking:
            revisions = await self._database.revisions()
            changed = {topic for topic, at in revisions.items() if at != self._revisions.get(topic)}
            if changed & _OFFER:
                await self._reload_offer()
            if changed & {"keys", "settings", "users"}:
                await self._apply_keys(await self._callers())
            if "cooldowns" in changed:
                await self._end_rests()
            if "ips" in changed:
                await self._apply_blocks()
            if "settings" in changed:
                await self._apply_prices()
            self._revisions = revisions

    async def _reload_offer(self) -> None:
        before = self.settings
        await self._load_settings()
        stock = await self._stock([])
        suppliers = self.gateway.endpoints.offer.suppliers
        try:
            self.gateway.endpoints.offer = offer(
                self.settings, self._hands, stock, self._ledger, suppliers, keeper=self.kept.keeper
            )
        except ValueError as error:
            log.warning("stored settings do not fit together and are left out", error=str(error))
            self.settings = before
        self.gateway.mirror = mirror(self.settings, self._hands)
        begin_crews(self.settings, self._hands, self.gateway.endpoints.offer)
        self._apply_settings()

    async def _load_settings(self) -> None:
        refused: dict[str, str] = {}
        providers = dict(self.configured.providers)
        for stored in await self.tables.providers.load_all():
            if not stored.enabled or stored.name in providers:
                continue
            try:
                providers[stored.name] = _provider(stored.type, stored.settings)
                registry.build(stored.name, providers[stored.name])
                if (problem := network_problem(self.configured, providers[stored.name])) is not None:
                    raise ValueError(problem)
            except (ValidationError, ValueError) as error:
                providers.pop(stored.name, None)
                refused[f"provider {stored.name}"] = str(error)
        default = self.configured.default_provider
        if self._default_is_guessed:
            default = next((name for name in providers if name not in self.configured.providers), default)
        settings = self.configured.model_copy(update={"providers": providers, "default_provider": default})
        settings, unfit = with_stored(settings, await self.tables.settings.load(), providers)
        self.settings, self.refused = settings, refused | unfit
        for name, problem in self.refused.items():
            log.warning("a stored setting is not in force", setting=name, problem=problem)

    async def _stock(self, cooldowns: Iterable[CooldownRow]) -> Stock:
        accounts = await self.tables.accounts.load_all()
        self.redaction.know(secret for account in accounts for secret in _secrets_of(account))
        self.kept.keeper.seed(accounts)
        self._clear_replaced(accounts)
        self._note_unfit(accounts)
        return Stock(
            [self._credentials_of(each) for each in accounts],
            [_cooling(row) for row in cooldowns],
            await self._callers(),
        )

    def _note_unfit(self, accounts: Sequence[Account]) -> None:
        """Says once of each account that it cannot be used as it is stored."""
        types = {name: each.type for name, each in self.settings.providers.items()}
        before = self._unfit
        found = ((each, unfit_reason(each, types.get(each.provider, ""))) for each in accounts)
        self._unfit = {each.id: reason for each, reason in found if reason is not None}
        for each in accounts:
            if each.enabled and each.id in self._unfit and each.id not in before:
                log.warning(
                    "an account cannot be used with its provider",
                    account=each.id,
                    provider=each.provider,
                    problem=self._unfit[each.id],
                )

    def _credentials_of(self, account: Account) -> Credentials:
        """Nobody is sent to an account that cannot be used."""
        found = credentials_of(account)
        return (
            replace(found, member=replace(found.member, enabled=False))
            if account.id in self._unfit
            else found
        )

    def _clear_replaced(self, accounts: Iterable[Account]) -> None:
        """What was held against an earlier credential says nothing of the new one. A renewed one is still the same."""
        known, self._stored_accounts = self._stored_accounts, {each.id: each for each in accounts}
        for id, account in self._stored_accounts.items():
            if id in known and known[id].fingerprint != account.fingerprint:
                supplier = self.gateway.endpoints.offer.suppliers.get(account.provider)
                if supplier is not None:
                    supplier.pool.clear(AccountId(id))

    async def _callers(self) -> Mapping[str, Caller]:
        disabled = await self.tables.users.disabled_ids()
        return {
            hash: _caller(key, is_good=key.user_id not in disabled)
            for hash, key in (await self.tables.keys.load_all()).items()
        }

    async def _apply_keys(self, known: Mapping[str, Caller]) -> None:
        self.gateway.admission.callers = callers(self.settings, known)
        used = await self.tables.key_usage.load_current(now_ms())
        for caller in known.values():
            for limit in caller.limits:
                if isinstance(limit.window, Calendar) and caller.id in used:
                    opening = _used_of(limit, limit.window, used[caller.id])
                    await self._limiter.restore(caller.subject, limit, opening, time.time())

    async def _apply_blocks(self) -> None:
        rules = rules_of(await self.tables.blocks.load(now_ms()))

        def blocked(address: str, now_s: float) -> str | None:
            block = rules.match(address, now_s)
            return None if block is None else block.reason

        self.gateway.admission.blocked = blocked

    def _apply_settings(self) -> None:
        limit = self.settings.ip_limit
        window = Sliding(limit.window_s)
        limits = (Limit(Unit.REQUESTS, limit.max_requests, window),) if limit.enabled else ()
        self.gateway.admission.ip_limits = limits
        self.gateway.guard = guard(self.settings)
        self._when_settings_change(self.settings)

    def standings(self) -> dict[AccountId, Standing]:
        """How every account stands at this moment."""
        now_s = time.time()
        return {
            standing.id: standing
            for supplier in self.gateway.endpoints.offer.suppliers.values()
            for standing in supplier.pool.states(now_s)
        }

    def price_of(self, provider: str, model: str) -> Price | None:
        """Of a provider's model, by the upstream's name."""
        settings = self.settings.providers.get(provider)
        if settings is not None and settings.type == "dummy":
            return self._prices.own(provider, model)  # It answers under any name, and nobody bills for it.
        return self._prices.of(provider, model, _vendor(settings))

    def is_worth(self, provider: str, model: str) -> bool:
        """Whether the price of this model is what others pay for it, as this provider's accounts are paid for otherwise. A
        price of the operator's own is always taken at its word."""
        settings = self.settings.providers.get(provider)
        return (
            settings is not None
            and settings.type in PAID_OTHERWISE
            and self._prices.own(provider, model) is None
            and self.price_of(provider, model) is not None
        )

    async def _apply_prices(self) -> None:
        self._prices = self._prices.with_overrides(await self.tables.prices.load())

        def cost_of(provider: str, model: str, usage: Usage) -> int | None:
            price = self.price_of(provider, model)
            return None if price is None else cost_nano_usd(price, usage)

        self.gateway.admission.cost_of = cost_of

    async def _end_rests(self) -> None:
        """An operator has ended rests: whatever is not in the database any more is over."""
        await self._ledger.flush()
        kept = {(row.account_id, row.model) for row in await self.tables.cooldowns.load(now_ms())}
        now_s = time.time()
        for supplier in self.gateway.endpoints.offer.suppliers.values():
            for standing in supplier.pool.states(now_s):
                for cooling in standing.coolings:
                    if cooling.until_s > now_s and (cooling.account, cooling.model) not in kept:
                        supplier.pool.clear(cooling.account, cooling.model)


def _vendor(provider: ProviderSettings | None) -> str:
    """Whose prices they are."""
    if provider is None:
        return ""
    return provider.vendor or ("anthropic" if provider.type in {"anthropic", CLAUDE_CODE} else "")


def _provider(type: str, settings: Mapping[str, Any]) -> ProviderSettings:
    return ProviderSettings.model_validate({"type": type, **settings})


def _secrets_of(account: Account) -> Iterable[Secret]:
    yield from account.credential.values()
    if account.proxy is not None:
        yield account.proxy


def credentials_of(account: Account) -> Credentials:
    member = Member(
        AccountId(account.id),
        enabled=account.enabled,
        priority=account.priority,
        weight=account.weight,
        max_concurrency=account.max_concurrency,
        requests_per_minute=account.requests_per_minute,
        tokens_per_minute=account.tokens_per_minute,
        requests_per_day=account.requests_per_day,
        tokens_per_day=account.tokens_per_day,
        credential_version=account.updated_ms,
    )
    return Credentials(
        account.provider, member, account.credential, account.proxy, account.kind, account.details
    )


def _cooling(row: CooldownRow) -> Cooling:
    return Cooling(
        AccountId(row.account_id),
        row.model,
        row.until_ms / 1000,
        CoolingReason(row.reason),
        row.text,
        row.strikes,
    )


def _caller(key: ApiKey, *, is_good: bool) -> Caller:
    expires_s = None if key.expires_ms is None else key.expires_ms / 1000
    return Caller(key.id, key.name, key.enabled and is_good, expires_s, key.terms, temporary=key.is_temporary)


def _used_of(limit: Limit, window: Calendar, current: CurrentUse) -> int:
    used = current.day if window is Calendar.DAY else current.month
    match limit.unit:
        case Unit.REQUESTS:
            return used.requests
        case Unit.TOKENS:
            return used.tokens
        case Unit.COST:
            return used.cost_nano_usd
        case _:
            return 0
