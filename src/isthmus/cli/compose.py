"""The composition root: from settings, and what operators have stored, to a gateway ready to serve."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from isthmus import registry
from isthmus.config import ImageSettings, ProviderSettings, Settings
from isthmus.control.account_views import brings_account
from isthmus.core.secret import Secret
from isthmus.dialects import anthropic
from isthmus.dialects.openai_chat import model_object, models_page
from isthmus.limiting.memory import MemoryLimiter
from isthmus.routing.directory import Directory
from isthmus.routing.limits import Limiter
from isthmus.routing.model_map import ModelMap
from isthmus.routing.permissions import key_hash
from isthmus.routing.pool import AccountId, Cooling, Member, Pool, PoolRules, Strategy
from isthmus.server.admission import Admission
from isthmus.server.callers import Caller, Callers
from isthmus.server.endpoints import Endpoints, ModelPages, Offer
from isthmus.server.gateway import Gateway
from isthmus.server.guard import Guard, guard_for, is_loopback
from isthmus.server.reply import Pace
from isthmus.server.sources import Source
from isthmus.server.suppliers import Journal, NoJournal, Supplier
from isthmus.transport.fetch import FetchLimits, GuardedFetch
from isthmus.transport.http import Http, Limits

API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Hands:
    """What reaches the world on a gateway's behalf."""

    http: Http
    images: GuardedFetch


@asynccontextmanager
async def open_hands(settings: ImageSettings) -> AsyncIterator[Hands]:
    """Open for as long as the gateway serves."""
    limits = FetchLimits(settings.fetch_timeout_s, settings.max_mib << 20, settings.allow_private_networks)
    async with Http() as http, GuardedFetch(limits) as images:
        yield Hands(http, images)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account as the data plane needs it."""

    provider: str
    member: Member
    credential: Mapping[str, Secret]
    proxy: Secret | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """What the database adds to the settings."""

    accounts: Sequence[Credentials] = ()
    coolings: Sequence[Cooling] = ()
    callers: Mapping[str, Caller] = field(default_factory=dict)
    """API keys by hash."""


def build(
    settings: Settings,
    hands: Hands,
    stock: Stock | None = None,
    *,
    journal: Journal | None = None,
    limiter: Limiter | None = None,
) -> Gateway:
    """The gateway that `settings` and `stock` describe. Must be called inside the event loop.

    Raises `ValueError` where settings that are fine one by one do not fit together (aliases in a circle, an unknown quirk).
    """
    stock = stock or Stock()
    admission = Admission(MemoryLimiter() if limiter is None else limiter, callers(settings, stock.callers))
    endpoints = Endpoints(
        offer=offer(settings, hands, stock, journal or NoJournal()),
        admission=admission,
        model_pages=ModelPages(models_page, model_object),
        parse_count=anthropic.dialect.parse_for_count,
        fetch=hands.images.fetch,
        max_body_bytes=settings.server.max_body_mib << 20,
    )
    return Gateway(endpoints, registry.dialects(), guard(settings), admission)


def guard(settings: Settings) -> Guard:
    server = settings.server
    return guard_for(server.host, server.allowed_hosts, server.cors_origins)


def callers(settings: Settings, stored: Mapping[str, Caller]) -> Callers:
    """Keys of the configuration and those of the database. Off loopback, nobody passes without one."""
    configured = {
        key_hash(key.reveal()): Caller(f"config:{at + 1}", f"api_keys[{at}]")
        for at, key in enumerate(settings.api_keys)
    }
    known = {**stored, **configured}
    return Callers(known, required=bool(known) or not is_loopback(settings.server.host))


def offer(
    settings: Settings,
    hands: Hands,
    stock: Stock,
    journal: Journal,
    before: Mapping[str, Supplier] | None = None,
) -> Offer:
    """Every provider with its accounts. Those of `before` keep their pools, with all that is under way."""
    by_provider: dict[str, list[Credentials]] = {name: [] for name in settings.providers}
    for account in stock.accounts:
        if account.provider in by_provider:
            by_provider[account.provider].append(account)
    suppliers = {
        name: _supplier(
            settings, name, accounts, hands.http, stock.coolings, journal, (before or {}).get(name)
        )
        for name, accounts in by_provider.items()
    }
    pace = Pace(settings.streams.commit_after_s, settings.streams.keepalive_s)
    return Offer.of(suppliers, directory(settings), pace)


def _supplier(
    settings: Settings,
    name: str,
    stored: Sequence[Credentials],
    http: Http,
    coolings: Iterable[Cooling],
    journal: Journal,
    before: Supplier | None,
) -> Supplier:
    accounts = {each.member.id: each for each in (*configured_account(settings, name, stored), *stored)}
    members = [each.member for each in accounts.values()]
    choosing = settings.accounts
    strategy = Strategy(settings.providers[name].strategy or choosing.strategy)
    rules = PoolRules(rests=choosing.cooldowns, max_cooldown_s=choosing.max_cooldown_s)

    def open_source(id: AccountId) -> Source:
        return source(settings, name, http, accounts[id])

    speaker = next((each for each in accounts.values() if each.member.enabled), None)
    supplier = Supplier(
        source(settings, name, http, speaker),
        Pool(strategy, members, rules, coolings) if before is None else before.pool,
        open_source,
        journal,
        choosing.max_attempts,
        choosing.queue_timeout_s,
        keyed=strategy is Strategy.AFFINITY and len(members) > 1,
    )
    if before is None:
        return supplier
    before.pool.update(members, strategy, rules)
    before.renew(supplier)
    return before


def configured_account(settings: Settings, name: str, stored: Sequence[Credentials]) -> Iterable[Credentials]:
    """The credential that a provider's own settings hold. A provider without one needs none, unless accounts are stored."""
    provider = settings.providers[name]
    if brings_account(provider, others=bool(stored)):
        member = Member(AccountId(f"config:{name}"), read_only=True)
        yield Credentials(name, member, {API_KEY: provider.api_key})


def source(settings: Settings, name: str, http: Http, account: Credentials | None = None) -> Source:
    """A provider as one account reaches it."""
    provider = with_defaults(settings, settings.providers[name])
    proxy = provider.proxy
    if account is not None:
        provider = provider.model_copy(update={API_KEY: account.credential.get(API_KEY, Secret(""))})
        proxy = account.proxy or proxy
    limits = Limits(
        connect_s=provider.connect_timeout_s,
        first_byte_s=provider.first_byte_timeout_s,
        idle_s=provider.idle_timeout_s,
        whole_s=provider.timeout_s,
    )
    built = registry.build(name, provider, auto_cache=settings.auto_cache)
    return Source(
        built, http.channel(limits, None if proxy is None else proxy.reveal()), provider.loss_policy
    )


def with_defaults(settings: Settings, provider: ProviderSettings) -> ProviderSettings:
    """A provider's settings, with `defaults` for what it does not say itself."""
    defaults = settings.defaults
    unsaid = type(defaults).model_fields.keys() - provider.model_fields_set
    return provider.model_copy(update={name: getattr(defaults, name) for name in unsaid})


def directory(settings: Settings) -> Directory:
    """Who serves which model."""
    maps = {name: ModelMap(each.models, each.default_model) for name, each in settings.providers.items()}
    return Directory(maps, settings.aliases, settings.default_provider or next(iter(maps)))


def every_source(settings: Settings, hands: Hands) -> dict[str, Source]:
    """Each configured provider, as its own credential reaches it."""
    return {name: source(settings, name, hands.http) for name in settings.providers}
