"""An account as operators see it: everything but its secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from isthmus.config import ProviderSettings
from isthmus.core.secret import Secret
from isthmus.core.survey import KeptSurvey
from isthmus.routing.account import AccountId
from isthmus.routing.cooldown import CoolingReason
from isthmus.routing.exhausted import State
from isthmus.routing.slot import Standing
from isthmus.storage.accounts import API_KEY, LASTING_MEMBERS, Account
from isthmus.storage.cooldowns import CooldownRow

CONFIGURED: Final = "config:"
"""How ids of accounts of the configuration file begin; the name of the provider follows."""
CONFIGURED_LABEL: Final = "configuration file"
HINT_CHARS: Final = 4
LEAST_FOR_HINT: Final = 16
"""A shorter secret would be told in too great a part."""

SIGNING_IN: Final = frozenset({"amazon-q", "claude-web", "claude-code"})
"""Types of providers that can do nothing without an account."""

Standings = Mapping[AccountId, Standing]
"""What a running gateway knows of its accounts."""


async def no_standings() -> Standings:
    """Where no gateway runs."""
    return {}


@dataclass(frozen=True, slots=True)
class LiveState:
    """What an account is doing."""

    state: State
    in_flight: int = 0
    coolings: tuple[CooldownRow, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountView:
    account: Account
    live: LiveState
    survey: KeptSurvey | None = None
    """What its upstream said of it last."""

    @property
    def read_only(self) -> bool:
        """Declared in the configuration file."""
        return is_configured(self.account.id)

    @property
    def hint(self) -> str | None:
        return hint(self.account.credential)

    @property
    def proxy(self) -> str | None:
        return None if self.account.proxy is None else shown_proxy(self.account.proxy)


def is_configured(account_id: str) -> bool:
    return account_id.startswith(CONFIGURED)


def brings_account(settings: ProviderSettings, *, others: bool) -> bool:
    """Whether a provider of the file is an account by itself. One without a credential needs none, unless `others` are stored or
    its accounts sign in."""
    if settings.type in SIGNING_IN:
        return bool(settings.api_key)
    return bool(settings.api_key or settings.headers or not others)


def configured_account(provider: str, settings: ProviderSettings) -> Account:
    """The one account that a provider of the configuration file brings with it."""
    return Account(
        id=CONFIGURED + provider,
        provider=provider,
        kind=API_KEY,
        label=CONFIGURED_LABEL,
        credential={API_KEY: settings.api_key},
        created_ms=0,
        updated_ms=0,
        proxy=settings.proxy,
    )


def hint(credential: Mapping[str, Secret]) -> str | None:
    """`…ab12`, by which an operator recognises a credential; `…` when it is short, None when it is empty."""
    names = [*LASTING_MEMBERS, *sorted(credential)]
    secret = next((credential[name] for name in names if credential.get(name)), None)
    if secret is None:
        return None
    value = secret.reveal()
    return f"…{value[-HINT_CHARS:]}" if len(value) >= LEAST_FOR_HINT else "…"


def shown_proxy(proxy: Secret) -> str:
    """Scheme, host and port: never user or password."""
    url = urlsplit(proxy.reveal())
    host = f"[{url.hostname}]" if url.hostname and ":" in url.hostname else url.hostname
    return f"{url.scheme}://{host}" + (f":{url.port}" if url.port else "")


def live_of(standing: Standing, now_ms: int) -> LiveState:
    """What a running gateway says; rests that are over count no more."""
    rests = (
        CooldownRow(
            each.account, each.model, round(each.until_s * 1000), each.reason, each.text, each.strikes
        )
        for each in standing.coolings
    )
    return LiveState(
        standing.state, standing.in_flight, tuple(rest for rest in rests if rest.until_ms > now_ms)
    )


def stored_state(*, enabled: bool, rests: Sequence[CooldownRow]) -> LiveState:
    """What the database alone says, where no gateway runs."""
    if not enabled:
        return LiveState(State.DISABLED, coolings=tuple(rests))
    is_cooling = any(rest.reason != CoolingReason.NO_MODEL for rest in rests)
    return LiveState(State.COOLING if is_cooling else State.HEALTHY, coolings=tuple(rests))
