"""The small calls around an answer that cost no message: who this is, what they pay for, and what is left of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from isthmus.core.commands import Call, Grant, Keep, Reply
from isthmus.core.errors import Scope, UpstreamError
from isthmus.core.logins import Steps
from isthmus.core.secret import Secret
from isthmus.core.survey import Quota, Survey
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.errors import Refusals, Refused, unreadable
from isthmus.providers.claude_web.headers import SESSION_KEY, headers_of, new_key
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

Part = TypeVar("Part")
Row = Mapping[str, Any]


def get_organizations(grant: Grant, options: Options) -> Call:
    return _get(grant, options, "/api/organizations")


def get_bootstrap(grant: Grant, options: Options) -> Call:
    return _get(grant, options, "/api/bootstrap")


def get_usage(grant: Grant, options: Options, organization: str) -> Call:
    return _get(grant, options, f"{root_of(organization)}/usage")


def get_models(grant: Grant, options: Options, organization: str) -> Call:
    return _get(grant, options, f"{root_of(organization)}/model_config")


def survey(grant: Grant, options: Options, refusals: Refusals) -> Steps[Survey]:
    """Everything the service says of an account. `options` are the account's own. Raises `UpstreamError` when nothing can be
    read, or when the session is not valid any more. A session key that comes with one of the answers is kept either way."""
    asking = _Survey(grant, options, refusals)
    try:
        found = yield from asking.whole()
    except UpstreamError:
        yield from asking.noticed()
        raise
    yield from asking.noticed()
    return found


@dataclass(slots=True)
class _Survey:
    """One survey, as far as it has got."""

    grant: Grant
    options: Options
    refusals: Refusals
    anything: bool = False
    failure: UpstreamError | None = None
    """The first one: later ones tend to follow from it."""
    problems: list[str] = field(default_factory=list)
    key: Secret | None = None
    """One that came with some answer. The old one serves to the end: a key is not used before it is stored."""

    def whole(self) -> Steps[Survey]:
        grant, options = self.grant, self.options
        called = get_organizations(grant, options)
        organizations = (yield from self._part("organizations", called, read_organizations)) or []
        id = self._choose(organizations)
        owner = yield from self._part("bootstrap", get_bootstrap(grant, options), self._owner)
        quotas: tuple[Quota, ...] | None = None
        models: list[Row] | None = None
        if id is not None:
            quotas = yield from self._part("usage", get_usage(grant, options, id), read_usage)
            models = yield from self._part("models", get_models(grant, options, id), read_model_rows)
        elif not self.problems:
            self.problems.append("organizations: none of them can chat")
        if not self.anything and self.failure is not None:
            raise self.failure
        chosen = next((each for each in organizations if each.id == id), None)
        if chosen is not None:
            self._note_flags(chosen.flags)
        return Survey(
            plan=None if chosen is None else chosen.plan,
            owner=owner,
            quotas=quotas or (),
            models=tuple(models or ()),
            profiles=tuple(profile_of(each) for each in organizations if each.chats),
            resets_ms=resets_ms(quotas or ()),
            problems=tuple(dict.fromkeys(self.problems)),
        )

    def noticed(self) -> Steps[None]:
        if self.key is not None and self.key != self.grant.token:
            yield Keep({SESSION_KEY: self.key}, self.grant.token)

    def _part(self, what: str, call: Call, read: Callable[[bytes], Part]) -> Steps[Part | None]:
        """What one answer says; None where it says nothing, which is noted."""
        reply = None
        try:
            reply = yield call
            part = read(good_body(reply, self.refusals))
        except UpstreamError as error:
            self._failed(what, error)
            return None
        finally:
            if reply is not None:
                self.key = new_key(reply.head.headers) or self.key
        self.anything = True
        return part

    def _failed(self, what: str, error: UpstreamError) -> None:
        """Raises it when it would be the same for everything else: the session has ended, or the way is blocked."""
        if error.scope is Scope.CREDENTIAL or (isinstance(error, Refused) and error.case is cases.BOT_CHECK):
            raise error
        self.failure = self.failure or error
        self.problems.append(f"{what}: {error.detail or error.message}")

    def _choose(self, organizations: list[Organization]) -> str | None:
        """The one that answers: the operator's choice while it is among the account's."""
        wanted = chosen_id(self.grant)
        chosen = choose_organization(organizations, wanted)
        if chosen is None:
            return wanted
        if wanted is not None and chosen.id != wanted:
            self.problems.append(
                f"{ORGANIZATION_ID}: {wanted} is none of this account's, {chosen.id} answers instead"
            )
        return chosen.id

    def _owner(self, body: bytes) -> str | None:
        """Whose account it is."""
        account = read_bootstrap(body, self.refusals)
        self._note_flags(account_flags(account))
        owner = account.get("email_address") or account.get("full_name")
        return owner if isinstance(owner, str) else None

    def _note_flags(self, flags: Iterable[Flag]) -> None:
        self.problems += [f"flag: {flag.type}" for flag in live_flags(flags, self.refusals.now_s())]


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
