"""The composition root: from settings, and what operators have stored, to a gateway ready to serve."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from isthmus import registry
from isthmus.cli.caching import answer_cache
from isthmus.cli.crews import Crews
from isthmus.config import ImageSettings, ProviderSettings, Settings
from isthmus.config.checks import CLAUDE_CODE, CLAUDE_WEB
from isthmus.control.access import shown
from isthmus.control.account_views import brings_account
from isthmus.core.commands import Grant
from isthmus.core.errors import NoAccess
from isthmus.core.remembered import Memory
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
from isthmus.server.endpoints import Endpoints
from isthmus.server.gateway import Gateway
from isthmus.server.guard import Guard, guard_for, is_loopback
from isthmus.server.mirror import MIRROR, Mirror
from isthmus.server.model_pages import ModelPages
from isthmus.server.offer import Offer
from isthmus.server.reply import Pace
from isthmus.server.sources import Authorizing, Keeper, Keeping, Reading, Source, nothing_kept
from isthmus.server.suppliers import Journal, NoJournal, Supplier, alone
from isthmus.shaping.compression import Method, Plan
from isthmus.transport.fetch import FetchLimits, GuardedFetch
from isthmus.transport.http import Http, Limits
from isthmus.transport.local_images import LocalImages
from isthmus.transport.programs import Programs

log = structlog.get_logger("isthmus")

API_KEY = "api_key"
CLAUDE_CODE_TIMEOUT_S = 300.0
"""For a whole answer of the program, where nothing else is configured."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What reaches the world on a gateway's behalf."""

    http: Http
    images: GuardedFetch
    crews: Crews


@asynccontextmanager
async def open_hands(settings: ImageSettings) -> AsyncIterator[Hands]:
    """Open for as long as the gateway serves."""
    limits = FetchLimits(settings.fetch_timeout_s, settings.max_mib << 20, settings.allow_private_networks)
    async with (
        Http() as http,
        GuardedFetch(limits) as images,
        Programs() as programs,
        Crews(programs) as crews,
    ):
        yield Hands(http, images, crews)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account as the data plane needs it."""

    provider: str
    member: Member
    credential: Mapping[str, Secret]
    proxy: Secret | None = None
    kind: str = API_KEY
    details: Mapping[str, Any] = field(default_factory=dict)


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
    keeper: Keeper | None = None,
    memory: Memory | None = None,
) -> Gateway:
    """The gateway that `settings` and `stock` describe. Must be called inside the event loop.

    Raises `ValueError` where settings that are fine one by one do not fit together (aliases in a circle, an unknown quirk).
    """
    stock = stock or Stock()
    admission = Admission(MemoryLimiter() if limiter is None else limiter, callers(settings, stock.callers))
    endpoints = Endpoints(
        offer=offer(settings, hands, stock, journal or NoJournal(), keeper=keeper),
        admission=admission,
        model_pages=ModelPages(models_page, model_object),
        parse_count=anthropic.dialect.parse_for_count,
        fetch=hands.images.fetch,
        max_body_bytes=settings.server.max_body_mib << 20,
        memory=memory,
    )
    return Gateway(endpoints, registry.dialects(), guard(settings), admission, mirror=mirror(settings, hands))


def guard(settings: Settings) -> Guard:
    server = settings.server
    return guard_for(server.host, server.allowed_hosts, server.cors_origins)


def callers(settings: Settings, stored: Mapping[str, Caller]) -> Callers:
    """Keys of the configuration and those of the database. Off loopback, nobody passes without one; on loopback, nobody does
    once there is one that lasts."""
    configured = {
        hash: Caller(f"config:{at + 1}", f"api_keys[{at}]", mark=f"hash:{hash}")
        for at, hash in enumerate(key_hash(key.reveal()) for key in settings.api_keys)
    }
    known = {**stored, **configured}
    lasting = any(not each.temporary for each in known.values())
    return Callers(known, required=lasting or not is_loopback(settings.server.host))


def offer(
    settings: Settings,
    hands: Hands,
    stock: Stock,
    journal: Journal,
    before: Mapping[str, Supplier] | None = None,
    *,
    keeper: Keeper | None = None,
) -> Offer:
    """Every provider with its accounts. Those of `before` keep their pools, with all that is under way."""
    by_provider: dict[str, list[Credentials]] = {name: [] for name in settings.providers}
    for account in stock.accounts:
        if account.provider in by_provider:
            by_provider[account.provider].append(account)
    suppliers = {
        name: _supplier(
            settings, name, accounts, hands, stock.coolings, journal, (before or {}).get(name), keeper
        )
        for name, accounts in by_provider.items()
    }
    pace = Pace(settings.streams.commit_after_s, settings.streams.keepalive_s)
    return Offer.of(suppliers, directory(settings), pace, compression_plans(settings))


def mirror(settings: Settings, hands: Hands) -> Mirror | None:
    """None where callers have no sessions of their own; also, with a line in the log, where there is no provider for them."""
    chosen = settings.mirror
    if not chosen.enabled or chosen.prefix is None:
        return None
    named = [name for name, each in settings.providers.items() if each.type == CLAUDE_WEB]
    name = chosen.provider or (named[0] if len(named) == 1 else None)
    if name not in named:
        log.warning(
            "mirror mode is off: `mirror.provider` must name a provider of type claude-web", there_are=named
        )
        return None
    provider = settings.providers[name]
    paths = Directory({name: ModelMap(provider.models, provider.default_model)}, {}, name)
    pace = Pace(settings.streams.commit_after_s, settings.streams.keepalive_s)

    def offer_to(caller: Grant) -> Offer:
        async def authorize(refused: Secret | None) -> Grant:
            if refused == caller.token:
                raise NoAccess
            return caller

        own = replace(source(settings, name, hands), authorize=authorize)
        return Offer.of({name: alone(own, id=MIRROR, max_attempts=1)}, paths, pace)

    return Mirror(chosen.prefix, name, offer_to, chosen.requests_per_minute)


def compression_plans(settings: Settings) -> dict[str, Plan]:
    """Of the providers whose conversations are shortened when they no longer fit."""
    chosen = {name: each.compression.over(settings.compression) for name, each in settings.providers.items()}
    return {
        name: Plan(
            Method(each.method),
            at=each.at,
            threshold_tokens=each.threshold_tokens,
            keep_turns=each.keep_turns,
            clip_to_chars=each.clip_to_chars,
            model=each.model,
            timeout_s=each.timeout_s,
        )
        for name, each in chosen.items()
        if each.method != "off"
    }


def _supplier(
    settings: Settings,
    name: str,
    stored: Sequence[Credentials],
    hands: Hands,
    coolings: Iterable[Cooling],
    journal: Journal,
    before: Supplier | None,
    keeper: Keeper | None,
) -> Supplier:
    accounts = {each.member.id: each for each in (*configured_account(settings, name, stored), *stored)}
    members = [each.member for each in accounts.values()]
    choosing = settings.accounts
    strategy = Strategy(settings.providers[name].strategy or choosing.strategy)
    rules = PoolRules(
        rests=choosing.cooldowns,
        max_cooldown_s=choosing.max_cooldown_s,
        max_quota_s=choosing.max_quota_cooldown_s,
    )

    def open_source(id: AccountId) -> Source:
        return source(settings, name, hands, accounts[id], keeper)

    speaker = next((each for each in accounts.values() if each.member.enabled), None)
    supplier = Supplier(
        source(settings, name, hands, speaker, keeper),
        Pool(strategy, members, rules, coolings) if before is None else before.pool,
        open_source,
        journal,
        choosing.max_attempts,
        choosing.queue_timeout_s,
        {id: _made_of(settings, name, each, keeper) for id, each in accounts.items()},
        keyed=strategy is Strategy.AFFINITY and len(members) > 1,
        cache=answer_cache(settings, name, None if before is None else before.cache),
        failover_timeout_s=choosing.failover_timeout_s,
    )
    if before is None:
        return supplier
    before.pool.update(members, strategy, rules)
    before.renew(supplier)
    return before


def _made_of(settings: Settings, name: str, account: Credentials, keeper: Keeper | None) -> object:
    """Of what `source` makes use. What a keeper hands out changes by itself."""
    own = () if keeper is not None else (account.credential, account.kind, account.details)
    key = account.credential.get(API_KEY)
    return with_defaults(settings, settings.providers[name]), settings.auto_cache, key, account.proxy, own


def configured_account(settings: Settings, name: str, stored: Sequence[Credentials]) -> Iterable[Credentials]:
    """The credential that a provider's own settings hold. A provider without one needs none, unless accounts are stored."""
    provider = settings.providers[name]
    if brings_account(provider, others=bool(stored)):
        member = Member(AccountId(f"config:{name}"), read_only=True)
        yield Credentials(name, member, {API_KEY: provider.api_key})


def source(
    settings: Settings,
    name: str,
    hands: Hands,
    account: Credentials | None = None,
    keeper: Keeper | None = None,
) -> Source:
    """A provider as one account reaches it. `keeper` is needed for accounts that sign in."""
    provider = with_defaults(settings, settings.providers[name])
    proxy = provider.proxy
    if account is not None:
        proxy = account.proxy or proxy
        own = {API_KEY: account.credential.get(API_KEY, Secret("")), "proxy": proxy}
        provider = provider.model_copy(update=own)
    limits = Limits(
        connect_s=provider.connect_timeout_s,
        first_byte_s=provider.first_byte_timeout_s,
        idle_s=provider.idle_timeout_s,
        whole_s=provider.timeout_s,
    )
    built = registry.build(name, provider, auto_cache=settings.auto_cache)
    return Source(
        built,
        hands.http.channel(limits, None if proxy is None else proxy.reveal()),
        provider.loss_policy,
        _authorizing(provider, account, keeper),
        _keeping(account, keeper),
        hands.crews.of(name, provider, built),
        _reading(provider, settings.images),
    )


def _reading(provider: ProviderSettings, images: ImageSettings) -> Reading | None:
    directories = provider.claude_code.file_access.image_dirs
    return LocalImages(directories, images.max_mib << 20).read if directories else None


def _authorizing(
    provider: ProviderSettings, account: Credentials | None, keeper: Keeper | None
) -> Authorizing:
    """The account's way to its access: through the keeper, or the one key that never changes."""
    if account is not None and keeper is not None:
        id = account.member.id

        async def kept(refused: Secret | None) -> Grant:
            return await keeper.grant(id, refused)

        return kept

    async def fixed(refused: Secret | None) -> Grant:
        held = Credentials("", Member(AccountId("")), {}) if account is None else account
        token = shown(held.credential) or provider.api_key
        if not token or token == refused:
            raise NoAccess
        return Grant(held.kind, token, held.details)

    return fixed


def _keeping(account: Credentials | None, keeper: Keeper | None) -> Keeping:
    if account is None or keeper is None:
        return nothing_kept
    return partial(keeper.keep, account.member.id)


def with_defaults(settings: Settings, provider: ProviderSettings) -> ProviderSettings:
    """A provider's settings, with `defaults` for what it does not say itself."""
    defaults = settings.defaults
    unsaid = type(defaults).model_fields.keys() - provider.model_fields_set
    found = {name: getattr(defaults, name) for name in unsaid}
    if (
        provider.type == CLAUDE_CODE
        and "timeout_s" in unsaid
        and "timeout_s" not in defaults.model_fields_set
    ):
        found["timeout_s"] = CLAUDE_CODE_TIMEOUT_S
    return provider.model_copy(update=found)


def begin_crews(settings: Settings, hands: Hands, offer: Offer) -> None:
    """Starts what will be wanted soon of programs on this machine, and tries them out."""
    hands.crews.begin((each.face, settings.providers[name]) for name, each in offer.suppliers.items())


def directory(settings: Settings) -> Directory:
    """Who serves which model."""
    maps = {name: ModelMap(each.models, each.default_model) for name, each in settings.providers.items()}
    return Directory(maps, settings.aliases, settings.default_provider or next(iter(maps)))


def every_source(settings: Settings, hands: Hands) -> dict[str, Source]:
    """Each configured provider, as its own credential reaches it."""
    return {name: source(settings, name, hands) for name in settings.providers}
