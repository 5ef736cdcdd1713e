"""What each type of provider is, and what its settings and its accounts take: forms are made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from isthmus import registry
from isthmus.config import ProviderSettings
from isthmus.config.forms import Form, form_of, schema_of, settings_below
from isthmus.control.account_checks import (
    AUTH_TOKEN,
    KEYLESS_TYPES,
    OAUTH_TOKEN,
    kinds_of,
    logins_of,
)
from isthmus.control.provider_settings import OF_THE_MACHINE
from isthmus.core.logins import Method
from isthmus.storage.accounts import API_KEY


@dataclass(frozen=True, slots=True)
class TypeTexts:
    title: str
    description: str
    documentation: str


@dataclass(frozen=True, slots=True)
class AccountField:
    """One entry of the form of an account."""

    name: str
    """Dotted, as in the body of `POST /v2/accounts`: `credential.api_key`."""
    title: str
    required: bool
    secret: bool


@dataclass(frozen=True, slots=True)
class AccountKindInfo:
    kind: str
    title: str
    renewable: bool
    """Its access ends and is renewed by the gateway."""
    fields: Sequence[AccountField]


@dataclass(frozen=True, slots=True)
class TypeSetting:
    name: str
    """Dotted, below `settings`."""
    form: Form
    schema: Mapping[str, Any]
    default: Any
    description: str


@dataclass(frozen=True, slots=True)
class ProviderType:
    type: str
    texts: TypeTexts
    base_url: str
    """`needed` (unless a vendor is named), `optional` or `none`."""
    vendors: Sequence[str]
    kinds: Sequence[AccountKindInfo]
    methods: Sequence[Method]
    """By which accounts can sign in."""
    settings: Sequence[TypeSetting]


TEXTS: Final = {
    "openai-compatible": TypeTexts(
        "OpenAI and compatible",
        "Any service that speaks Chat Completions: OpenAI, other vendors, model servers of your own.",
        "docs/configuration.md",
    ),
    "anthropic": TypeTexts(
        "Anthropic", "Anthropic's API, and services that speak Messages.", "docs/configuration.md"
    ),
    "amazon-q": TypeTexts(
        "Amazon Q Developer and Kiro",
        "Accounts that sign in with AWS, or are brought from another program.",
        "docs/amazon-q.md",
    ),
    "claude-web": TypeTexts("claude.ai", "Your own sessions of claude.ai.", "docs/claude-web.md"),
    "claude-code": TypeTexts(
        "Claude Code", "The Claude Code program on the gateway's machine.", "docs/claude-code.md"
    ),
    "dummy": TypeTexts(
        "Dummy", "Answers without key or network; its model names choose what it does.", "docs/dummy.md"
    ),
}
KIND_TITLES: Final = {
    API_KEY: "API key",
    AUTH_TOKEN: "Token for a gateway of your own",
    OAUTH_TOKEN: "Token of a subscription (`claude setup-token`)",
    "session_key": "Session key",
    "builder_id": "AWS Builder ID",
    "idc": "AWS IAM Identity Center",
    "social": "Kiro with Google or GitHub",
    "external_idp": "Identity provider of a company",
}
FIELD_TITLES: Final = {
    "api_key": "API key",
    "session_key": "Session key (cookie `sessionKey`)",
    "access_token": "Access token",
    "refresh_token": "Refresh token",
    "client_id": "Client id",
    "client_secret": "Client secret",
    "token_endpoint": "Address of the token service",
}
_BASE_URL: Final = {"openai-compatible": "needed", "anthropic": "optional", "claude-code": "optional"}
_OWN: Final = {"amazon-q": "amazon_q", "claude-web": "claude_web", "claude-code": "claude_code"}
_ONLY: Final = {
    "base_url": frozenset(_BASE_URL),
    "vendor": frozenset({"openai-compatible"}),
    "quirks": frozenset({"openai-compatible"}),
    "think_tags": frozenset({"openai-compatible"}),
    "pass_through": frozenset({"openai-compatible", "anthropic"}),
    "headers": frozenset(_BASE_URL) - {"claude-code"} | {"amazon-q", "claude-web"},
}
"""Settings that mean nothing to other types (`registry`)."""


@cache
def provider_types() -> tuple[ProviderType, ...]:
    """In the order of the registry."""
    return tuple(map(_type, registry.PROVIDERS))


def _type(type: str) -> ProviderType:
    logins = logins_of(type)
    return ProviderType(
        type=type,
        texts=TEXTS[type],
        base_url=_BASE_URL.get(type, "none"),
        vendors=registry.vendors() if type == "openai-compatible" else (),
        kinds=[_kind(type, kind) for kind in kinds_of(type)],
        methods=() if logins is None else tuple(logins.methods.values()),
        settings=list(_settings(type)),
    )


def _kind(type: str, name: str) -> AccountKindInfo:
    title, logins = KIND_TITLES.get(name, name), logins_of(type)
    if logins is None:
        field = AccountField(
            f"credential.{API_KEY}",
            title if type == "claude-code" else FIELD_TITLES[API_KEY],
            required=type not in KEYLESS_TYPES,
            secret=True,
        )
        return AccountKindInfo(name, title, renewable=False, fields=[field])
    kind = logins.kinds[name]
    members = [*((each, True) for each in kind.required), *((each, False) for each in kind.optional)]
    fields = [
        AccountField(f"credential.{each}", FIELD_TITLES.get(each, each), required=needed, secret=True)
        for each, needed in members
    ]
    fields += [
        AccountField(f"details.{each}", FIELD_TITLES.get(each, each), required=True, secret=False)
        for each in kind.needed_details
    ]
    return AccountKindInfo(name, title, kind.renewable, fields)


def _settings(type: str) -> Iterator[TypeSetting]:
    for name, field in settings_below(ProviderSettings):
        first, _, rest = name.partition(".")
        if first in {"type", "api_key"} or (first in _OWN.values() and first != _OWN.get(type)):
            continue
        if type not in _ONLY.get(first, frozenset({type})):
            continue
        if first == "claude_code" and rest.partition(".")[0] in OF_THE_MACHINE:
            continue  # The configuration file's alone.
        form = form_of(name.rpartition(".")[2], field)
        default = None if form.secret else TypeAdapter(Any).dump_python(field.get_default(), mode="json")
        yield TypeSetting(name, form, schema_of(field), default, field.description or "")
