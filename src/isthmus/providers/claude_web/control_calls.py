"""The small calls around an answer that cost no message: who this is, what they pay for, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import msgspec

from isthmus.core.commands import Call, Grant, Reply
from isthmus.core.errors import Scope, UpstreamError
from isthmus.core.logins import Steps
from isthmus.core.survey import Quota, Survey
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.errors import Refusals, Refused, unreadable
from isthmus.providers.claude_web.headers import headers_of
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.organizations import (
    Flag,
    Organization,
    choose_organization,
    live_flags,
    profile_of,
    read_flags,
    read_organizations,
)
from isthmus.providers.claude_web.quotas import read_usage, resets_ms

ORGANIZATION_ID: Final = "organization_id"
"""Member of an account's details: the organization that its operator has chosen."""

Row = Mapping[str, Any]


def get_organizations(grant: Grant, options: Options) -> Call:
    return _get(grant, options, "/api/organizations")


def get_bootstrap(grant: Grant, options: Options) -> Call:
    return _get(grant, options, "/api/bootstrap")


def get_usage(grant: Grant, options: Options, organization: str) -> Call:
    return _get(grant, options, f"{root_of(organization)}/usage")


def get_models(grant: Grant, options: Options, organization: str) -> Call:
    return _get(grant, options, f"{root_of(organization)}/model_config")


def ask_organizations(grant: Grant, options: Options, refusals: Refusals) -> Steps[list[Organization]]:
    """Raises `UpstreamError`."""
    return read_organizations(good_body((yield get_organizations(grant, options)), refusals))


def ask_usage(
    grant: Grant, options: Options, organization: str, refusals: Refusals
) -> Steps[tuple[Quota, ...]]:
    """Raises `UpstreamError`."""
    return read_usage(good_body((yield get_usage(grant, options, organization)), refusals))


def survey(grant: Grant, options: Options, refusals: Refusals) -> Steps[Survey]:
    """Everything the service says of an account. `options` are the account's own. Raises `UpstreamError` when nothing can be
    read, or when the session is not valid any more."""
    found = _Found()
    organizations = yield from _organizations(grant, options, refusals, found)
    wanted = chosen_id(grant)
    chosen = choose_organization(organizations, wanted)
    if wanted is not None and chosen is not None and chosen.id != wanted:
        found.problems.append(
            f"{ORGANIZATION_ID}: {wanted} is none of this account's, {chosen.id} answers instead"
        )
    owner = yield from _bootstrap(grant, options, refusals, found)
    id = chosen.id if chosen is not None else wanted
    quotas: tuple[Quota, ...] = ()
    models: list[Row] = []
    if id is not None:
        quotas = yield from _usage(grant, options, id, refusals, found)
        models = yield from _models(grant, options, id, refusals, found)
    elif not found.problems:
        found.problems.append("organizations: none of them can chat")
    if not found.anything and found.failure is not None:
        raise found.failure
    if chosen is not None:
        now_s = refusals.now_s()
        found.problems += [f"flag: {flag.type}" for flag in live_flags(chosen.flags, now_s)]
    return Survey(
        plan=chosen.plan if chosen is not None else None,
        owner=owner,
        quotas=quotas,
        models=tuple(models),
        profiles=tuple(profile_of(each) for each in organizations if each.chats),
        resets_ms=resets_ms(quotas),
        problems=tuple(dict.fromkeys(found.problems)),
    )


@dataclass(slots=True)
class _Found:
    """How a survey goes."""

    anything: bool = False
    failure: UpstreamError | None = None
    """The first one: later ones tend to follow from it."""
    problems: list[str] = field(default_factory=list)

    def failed(self, what: str, error: UpstreamError) -> None:
        """Raises it when it would be the same for everything else: the session has ended, or the way is blocked."""
        if error.scope is Scope.CREDENTIAL or (isinstance(error, Refused) and error.case is cases.BOT_CHECK):
            raise error
        self.failure = self.failure or error
        self.problems.append(f"{what}: {error.detail or error.message}")


def _organizations(
    grant: Grant, options: Options, refusals: Refusals, found: _Found
) -> Steps[list[Organization]]:
    try:
        organizations = yield from ask_organizations(grant, options, refusals)
    except UpstreamError as error:
        found.failed("organizations", error)
        return []
    found.anything = True
    return organizations


def _bootstrap(grant: Grant, options: Options, refusals: Refusals, found: _Found) -> Steps[str | None]:
    """Whose account it is."""
    try:
        account = read_bootstrap(good_body((yield get_bootstrap(grant, options)), refusals), refusals)
    except UpstreamError as error:
        found.failed("bootstrap", error)
        return None
    found.anything = True
    live = live_flags(account_flags(account), refusals.now_s())
    found.problems += [f"flag: {flag.type}" for flag in live]
    owner = account.get("email_address") or account.get("full_name")
    return owner if isinstance(owner, str) else None


def _usage(
    grant: Grant, options: Options, organization: str, refusals: Refusals, found: _Found
) -> Steps[tuple[Quota, ...]]:
    try:
        quotas = yield from ask_usage(grant, options, organization, refusals)
    except UpstreamError as error:
        found.failed("usage", error)
        return ()
    found.anything = True
    return quotas


def _models(
    grant: Grant, options: Options, organization: str, refusals: Refusals, found: _Found
) -> Steps[list[Row]]:
    try:
        rows = read_model_rows(good_body((yield get_models(grant, options, organization)), refusals))
    except UpstreamError as error:
        found.failed("models", error)
        return []
    found.anything = True
    return rows


def read_bootstrap(body: bytes, refusals: Refusals) -> Row:
    """The account of it. Raises `UpstreamError`: with scope `CREDENTIAL` when nobody is signed in."""
    value = _json(body)
    if not isinstance(value, dict) or "account" not in value:
        raise unreadable("bootstrap")
    account = value["account"]
    if account is None:
        raise refusals.refused(cases.SESSION_INVALID, detail="the bootstrap has no account")
    return account if isinstance(account, dict) else {}


def account_flags(account: Row) -> Iterator[Flag]:
    """Those of every organization it is a member of."""
    memberships = account.get("memberships")
    for each in memberships if isinstance(memberships, list) else ():
        if isinstance(each, dict) and isinstance(organization := each.get("organization"), dict):
            yield from read_flags(organization.get("active_flags"))


def read_model_rows(body: bytes) -> list[Row]:
    """The models that may be chosen, each with its `id`. Raises `UpstreamProtocolError`."""
    value = _json(body)
    if not isinstance(value, list):
        raise unreadable("list of models")
    return [
        {**row, "id": row["model"]}
        for row in value
        if isinstance(row, dict)
        and isinstance(row.get("model"), str)
        and row["model"]
        and not row.get("inactive")
    ]


def chosen_id(grant: Grant) -> str | None:
    """The organization that the operator has chosen, if so."""
    id = grant.details.get(ORGANIZATION_ID)
    return id if isinstance(id, str) and id else None


def good_body(reply: object, refusals: Refusals) -> bytes:
    """The JSON of a good answer. Raises `UpstreamError`."""
    assert isinstance(reply, Reply), "a Call is answered with a Reply"
    head, body = reply.head, reply.body
    if head.status >= 300 or _is_error(reply):
        raise refusals.classify(head, body)
    return body


def root_of(organization: str) -> str:
    return f"/api/organizations/{quote(organization, safe='')}"


def _is_error(reply: Reply) -> bool:
    """A page, or an error under a good status."""
    if reply.body.lstrip()[:1] == b"<":
        return True
    return reply.body.startswith(b'{"type":"error"')


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _get(grant: Grant, options: Options, path: str) -> Call:
    return Call("GET", options.base_url + path, headers_of(grant.token, options))
