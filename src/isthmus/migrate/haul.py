"""What another program's configuration amounts to here: things to make, and a report of what became of each key.

A reader (`migrate/<program>.py`) turns files into a `Haul` and touches nothing; `isthmus.control` puts a haul into the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from isthmus.core.secret import Secret


@dataclass(frozen=True, slots=True)
class NewProvider:
    name: str
    type: str
    """As `type` of a provider."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """As a provider in the configuration file, without `type` and `api_key`. Values that are secrets are `Secret`s."""
    enabled: bool = True
    reason: str | None = None
    """Why it is stored switched off."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    provider: str
    kind: str
    """`api_key`, or a later provider's own kind, such as `builder_id`, `social`, `session`."""
    credential: Mapping[str, Secret]
    """For `api_key`: `{"api_key": …}`."""
    label: str
    enabled: bool = True
    off_reason: str | None = None
    priority: int = 0
    """Lower is first."""
    weight: int = 1
    max_concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None
    proxy: Secret | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """What is known beside (e-mail, region, plan); never a secret."""
    cooled_until_ms: int | None = None
    cooled_reason: str = ""
    successes: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key of the gateway. Clients that have it go on working."""

    name: str
    secret: Secret | None
    """None: one has to be made, and is shown once."""
    enabled: bool = True
    expires_ms: int | None = None
    providers: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    ips: tuple[str, ...] | None = None
    mcp: tuple[str, ...] | None = None
    requests_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_minute: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    max_concurrency: int | None = None
    nano_usd_per_day: int | None = None
    nano_usd_per_month: int | None = None
    note: str | None = None
    used: tuple[UsedOnDay, ...] = ()


@dataclass(frozen=True, slots=True)
class UsedOnDay:
    day: str
    """`2026-11-21`, UTC."""
    requests: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class NewBlock:
    """An address or network that is refused."""

    network: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewPrice:
    """Dollars per million tokens, by the names of the price table: `input`, `output`, `cache_read`, `cache_write_5m`, …"""

    pattern: str
    usd_per_million: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report. Shows a prefix of a secret at most."""

    what: str
    """The other program's key, or the thing."""
    text: str = ""
    """What it became, or why not and the way out."""


@dataclass(slots=True)
class Report:
    carried: list[Line] = field(default_factory=list)
    changed: list[Line] = field(default_factory=list)
    """With both values."""
    left_out: list[Line] = field(default_factory=list)
    """With the reason and the way out."""
    unknown: list[Line] = field(default_factory=list)
    """Keys nobody here has heard of."""
    closing: list[str] = field(default_factory=list)
    """What the operator must do or know, at the end."""


@dataclass(slots=True)
class Haul:
    program: str
    providers: list[NewProvider] = field(default_factory=list)
    accounts: list[NewAccount] = field(default_factory=list)
    keys: list[NewKey] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    """Run-time settings of ours by dotted name, such as `request_log.retention_days`."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Name → `provider/model` or `model`."""
    blocks: list[NewBlock] = field(default_factory=list)
    prices: list[NewPrice] = field(default_factory=list)
    log_rows: Iterable[Mapping[str, Any]] = ()
    """Rows of `request_logs` by our column names, read while they are stored."""
    report: Report = field(default_factory=Report)


class NotThatProgram(Exception):
    """The path does not hold what FROM says; the message names the missing tell-tale and the program it looks like."""
