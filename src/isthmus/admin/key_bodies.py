"""What the bodies of `/v2/keys` say of a key."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from isthmus.admin.asking import Model, Truth, milliseconds
from isthmus.admin.times import Time
from isthmus.control.key_input import (
    MAX_CONCURRENCY,
    MAX_COUNT,
    MAX_NAME_CHARS,
    MAX_NAMES,
    MAX_NOTE_CHARS,
    MAX_SECRET_CHARS,
    MIN_SECRET_CHARS,
    KeyInput,
)
from isthmus.routing.limits import NANO_USD
from isthmus.routing.permissions import KeyTerms

MONEY: Final = {"usd_per_day": "nano_usd_per_day", "usd_per_month": "nano_usd_per_month"}
"""Budgets as they are written here → as they are kept."""
TERMS: Final = tuple(each.name for each in fields(KeyTerms))

Line = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS, pattern=r"^[^\x00-\x1f\x7f]+$")]
Names = Annotated[list[Line], Field(min_length=1, max_length=MAX_NAMES)]
Count = Annotated[int, Field(strict=True, ge=1, le=MAX_COUNT)]
Dollars = Annotated[float, Field(strict=True, ge=0.000001, le=1_000_000_000)]


class _Terms(Model):
    """What may be said of a key. null: no restriction."""

    expires_at: Time | None = Field(default=None, description="From then on it is refused.")
    user_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] | None = Field(
        default=None, description="The user whose key it is: sees it, and what it used."
    )
    providers: Names | None = Field(
        default=None, description="Names of providers it may use; `*` stands for anything."
    )
    models: Names | None = Field(
        default=None,
        description="Models it may use, by the name clients ask for or by `model` or `provider/model` of the upstream; `*` "
        "stands for anything.",
    )
    ips: Names | None = Field(default=None, description="Addresses and networks (CIDR) it may be used from.")
    mcp: Annotated[list[Line], Field(max_length=MAX_NAMES)] | None = Field(
        default=None,
        description="MCP servers and tools that Claude Code may use for it, such as `files` or `files:read_*`; `*` stands for anything, "
        "an empty list for none. null: what its provider allows.",
    )
    requests_per_minute: Count | None = None
    requests_per_day: Count | None = Field(default=None, description="Days are those of UTC.")
    tokens_per_minute: Count | None = Field(default=None, description="Input and output together.")
    tokens_per_day: Count | None = None
    tokens_per_month: Count | None = Field(default=None, description="Months are those of the calendar, UTC.")
    max_concurrency: Annotated[int, Field(strict=True, ge=1, le=MAX_CONCURRENCY)] | None = Field(
        default=None, description="Requests at the same time."
    )
    usd_per_day: Dollars | None = Field(default=None, description="Models without a price cost nothing here.")
    usd_per_month: Dollars | None = None
    note: Annotated[str, Field(max_length=MAX_NOTE_CHARS, pattern=r"^[^\x00]*$")] | None = None


class KeyBody(_Terms):
    name: Line
    enabled: Truth = True
    secret: (
        Annotated[str, Field(min_length=MIN_SECRET_CHARS, max_length=MAX_SECRET_CHARS, pattern="^[!-~]+$")]
        | None
    ) = Field(default=None, description="One that clients have already; left out, one is made.", repr=False)


class KeyPatch(_Terms):
    """What is left out stays as it is; null takes a restriction away."""

    # The defaults are never used: what is not sent is not changed. `null` is no name.
    name: Line = "unchanged"
    enabled: Truth = True


def applied(written: KeyInput, body: KeyBody | KeyPatch) -> KeyInput:
    """What the body says, and of the rest what was written before."""
    said: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"secret"})
    if "expires_at" in said:
        expires_at: datetime | None = said.pop("expires_at")
        said["expires_ms"] = None if expires_at is None else milliseconds(expires_at)
    for shown, kept in MONEY.items():
        if shown in said:
            dollars: float | None = said.pop(shown)
            said[kept] = None if dollars is None else round(dollars * NANO_USD)
    terms = {name: _frozen(said.pop(name)) for name in TERMS if name in said}
    return replace(written, **said, terms=replace(written.terms, **terms))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
