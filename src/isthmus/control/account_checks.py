"""What an account must agree with: its provider, and what providers of that type take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, get_args

from isthmus import registry
from isthmus.config import ProviderSettings
from isthmus.config.checks import NO_SOCKS, NO_SOCKS_WAY_OUT, SUBSCRIPTION, is_socks_for_claude_code
from isthmus.control.failures import FieldProblem
from isthmus.core.logins import AccountKind, Holder, Logins
from isthmus.core.secret import Secret
from isthmus.storage.accounts import API_KEY, Account

SERVED_TYPES: Final[frozenset[str]] = frozenset(get_args(ProviderSettings.model_fields["type"].annotation))
KEYLESS_TYPES: Final = frozenset({"openai-compatible", "dummy"})
"""A local server may want no key."""
CLAUDE_CODE: Final = "claude-code"
AUTH_TOKEN: Final = "auth_token"  # noqa: S105 - the name of a kind
OAUTH_TOKEN: Final = "oauth_token"  # noqa: S105


def off_reason(type: str) -> str | None:
    """Why nothing of this type can be used now; None when it can."""
    return None if type in SERVED_TYPES else f"this version cannot serve providers of type {type!r}"


def unfit_reason(account: Account, type: str) -> str | None:
    """Why an account that was right when it was stored cannot be used: its provider may be of another type by now."""
    problem = next(proxy_problems(account.proxy, type), None)
    return None if problem is None else f"{problem.field}: {problem.message}"


def account_problems(
    provider: str,
    kind: str,
    credential: Mapping[str, Secret],
    types: Mapping[str, str],
    details: Mapping[str, Any] | None = None,
) -> Iterator[FieldProblem]:
    """`types`: name → type of every provider there is."""
    type = types.get(provider)
    if type is None:
        known = ", ".join(sorted(types)) or "none yet"
        way_out = "write it into the configuration file, make it with POST /v2/providers, or use one of"
        yield FieldProblem("provider", f"there is no provider of this name: {way_out} {known}")
    elif type in SERVED_TYPES and kind not in (kinds := kinds_of(type)):
        yield FieldProblem("kind", f"providers of type {type!r} take accounts of kind {_one_of(kinds)}")
    else:
        yield from credential_problems(kind, credential, type, details)


def credential_problems(
    kind: str, credential: Mapping[str, Secret], type: str, details: Mapping[str, Any] | None = None
) -> Iterator[FieldProblem]:
    """The same for a credential that takes the place of another."""
    logins = logins_of(type)
    if logins is not None:
        yield from _login_problems(logins, Holder(kind, credential, details or {}))
    elif type == CLAUDE_CODE and kind in kinds_of(type):
        found = [*_key_problems(credential, may_be_empty=False)]
        yield from found or _claude_problems(kind, credential[API_KEY].reveal())
    elif kind == API_KEY:
        yield from _key_problems(credential, may_be_empty=type in KEYLESS_TYPES)


def details_problems(kind: str, details: Mapping[str, Any], type: str) -> Iterator[FieldProblem]:
    """The same for details of an account whose credential stays as it is."""
    for problem in credential_problems(kind, {}, type, details):
        if problem.field.startswith("details"):
            yield problem


def proxy_problems(proxy: Secret | None, type: str) -> Iterator[FieldProblem]:
    """The same for a proxy of the account's own."""
    if proxy is not None and is_socks_for_claude_code(type, proxy.reveal()):
        yield FieldProblem("proxy", f"{NO_SOCKS}: {NO_SOCKS_WAY_OUT}")


def kinds_of(type: str) -> tuple[str, ...]:
    """Kinds of accounts that providers of a type take, which this version serves."""
    if type == CLAUDE_CODE:
        return (API_KEY, AUTH_TOKEN, OAUTH_TOKEN)
    logins = logins_of(type)
    return (API_KEY,) if logins is None else tuple(logins.kinds)


@cache
def logins_of(type: str) -> Logins | None:
    """What is known of the accounts of a type, whatever one of its providers is set to. None where they are keys."""
    return registry.logins(type, ProviderSettings(type=type)) if type in SERVED_TYPES else None  # type: ignore[arg-type]


def _login_problems(logins: Logins, holder: Holder) -> Iterator[FieldProblem]:
    kind = logins.kinds.get(holder.kind)
    if kind is None:
        return  # Of an earlier version, or another one's: nothing is known of it.
    found = {each.field: each for each in _member_problems(kind, holder.credential)}
    for name in kind.needed_details:
        if holder.details.get(name) in (None, ""):
            said = f"is missing: accounts of kind {kind.name!r} need it"
            found[f"details.{name}"] = FieldProblem(f"details.{name}", said)
    for field, message in logins.problems(holder).items():
        found.setdefault(field, FieldProblem(field, message))
    yield from found.values()


def _member_problems(kind: AccountKind, credential: Mapping[str, Secret]) -> Iterator[FieldProblem]:
    members = _one_of((*kind.required, *kind.optional))
    for name in kind.required:
        if not credential.get(name):
            needed = ", ".join(kind.required)
            yield FieldProblem(
                f"credential.{name}", f"is missing: accounts of kind {kind.name!r} need {needed}"
            )
    for name, secret in credential.items():
        if name not in (*kind.required, *kind.optional):
            yield FieldProblem(f"credential.{name}", f"is not known: kind {kind.name!r} has {members}")
        elif not _can_be_sent(secret):
            yield FieldProblem(f"credential.{name}", f"{_UNFIT}: copy it again")


def _key_problems(credential: Mapping[str, Secret], *, may_be_empty: bool) -> Iterator[FieldProblem]:
    if credential.keys() != {API_KEY}:
        yield FieldProblem("credential", f"kind {API_KEY!r} has the member {API_KEY!r} and no other")
    elif not (value := credential[API_KEY].reveal()) and not may_be_empty:
        yield FieldProblem(f"credential.{API_KEY}", "must not be empty")
    elif not value.isascii():
        yield FieldProblem(f"credential.{API_KEY}", f"{_UNFIT}: copy the key again")


def _claude_problems(kind: str, key: str) -> Iterator[FieldProblem]:
    """A token of a subscription is never taken for a key by accident: whose terms allow what, its owner must have decided."""
    where = f"credential.{API_KEY}"
    if key.startswith(SUBSCRIPTION):
        if kind != OAUTH_TOKEN:
            way_out = f"if its terms allow what you have in mind, add it with kind {OAUTH_TOKEN!r} (docs/claude-code.md)"
            yield FieldProblem(where, f"is the token of a subscription: {way_out}")
    elif kind == OAUTH_TOKEN:
        yield FieldProblem(where, f"is no token of `claude setup-token`, which begins with {SUBSCRIPTION}")
    elif kind == AUTH_TOKEN and key.startswith(_VENDORS):
        yield FieldProblem(where, f"is a key of Anthropic's API: add it with kind {API_KEY!r}")


_VENDORS: Final = "sk-ant-"
_UNFIT: Final = "holds characters that no request can carry"


def _can_be_sent(secret: Secret) -> bool:
    value = secret.reveal()
    return value.isascii() and (value.isprintable() or not value)


def _one_of(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names))
