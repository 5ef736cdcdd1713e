"""One account, as one request asks it: with which key, in which organization, and what its refusals come to."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from isthmus.core.commands import Answered, Authorize, Call, Command, Exchange, Grant, Head, Keep, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.providers.claude_web import cases, models
from isthmus.providers.claude_web.chat_calls import Place
from isthmus.providers.claude_web.control_calls import chosen_id, get_organizations, get_usage, good_body
from isthmus.providers.claude_web.errors import Refusals, Refused
from isthmus.providers.claude_web.headers import SESSION_KEY, new_key
from isthmus.providers.claude_web.memory import Memory
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.organizations import (
    Organization,
    choose_organization,
    held_against,
    read_organizations,
)
from isthmus.providers.claude_web.quotas import read_usage, spent_until_s
from isthmus.providers.claude_web.reset_time import LONGEST_S, Reset

Result = TypeVar("Result")
Doing = Generator[Command, Answered, Result]
"""A part of an exchange that comes to something."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """What every conversation with one account has in common."""

    options: Options
    """As configured; the account's own stand above them."""
    headers: Mapping[str, Secret]
    """The operator's, which may replace ours."""
    refusals: Refusals
    memory: Memory
    new_id: Callable[[], str]
    """A UUID, another each time."""
    jitter: Callable[[], float]
    """A number from 0 up to 1, another each time."""


@dataclass(slots=True)
class Session:
    """Every method that asks raises `UpstreamError`."""

    speaker: Speaker
    grant: Grant
    overruled: bool = False
    """The organization that the operator has chosen refuses."""
    key: Secret | None = None
    """One that came with some answer and is not kept yet."""

    @property
    def options(self) -> Options:
        return self.speaker.options.of(self.grant.details)

    @property
    def refusals(self) -> Refusals:
        return replace(self.speaker.refusals, timezone=self.options.timezone)

    @property
    def memory(self) -> Memory:
        return self.speaker.memory

    @property
    def now_s(self) -> float:
        return self.speaker.refusals.now_s()

    def place(self, organization: str, conversation: str) -> Place:
        return Place(self.grant, self.options, organization, conversation, self.speaker.headers)

    def body(self, call: Call) -> Doing[bytes]:
        """Of a good answer."""
        reply = yield call
        assert isinstance(reply, Reply)
        self.notice(reply.head)
        return good_body(reply, self.refusals)

    def notice(self, head: Head) -> None:
        self.key = new_key(head.headers) or self.key

    def noticed(self) -> Exchange:
        """A new session key is kept. The old one serves this request to its end: a key is not used before it is stored."""
        key, self.key = self.key, None
        if key is not None and key != self.grant.token:
            yield Keep({SESSION_KEY: key}, self.grant.token)

    def organization(self) -> Doing[str]:
        """The id of the one to ask: known from before, chosen by the operator, or found in the account's list."""
        if (known := self.memory.organization) is not None:
            self._learn(known)
            return known.id
        chosen = chosen_id(self.grant)
        if chosen is not None and not self.overruled:
            return chosen
        return (yield from self._find_organization(chosen)).id

    def check_model(self, model: str) -> None:
        """Raises the service's own refusal, without asking, for a model that an account of this plan cannot have."""
        if models.is_kept_from(models.resolve(model), models.plan_of(self.grant)):
            detail = f"{model!r} is not for accounts of the free plan"
            raise self.refusals.refused(cases.MODEL_UNAVAILABLE, detail=detail)

    # What may help

    def another_key(self) -> Doing[bool]:
        """Whether there is one: the service may have given it while this request was under way."""
        try:
            grant = yield Authorize(self.grant.token)
        except UpstreamError:
            return False
        assert isinstance(grant, Grant)
        is_new = grant.token != self.grant.token
        self.grant = grant
        return is_new

    def another_organization(self) -> Doing[bool]:
        """Whether the account belongs to another one by now. The operator's choice stands while it is among the account's."""
        known = self.memory.organization
        before = known.id if known is not None else chosen_id(self.grant)
        self.memory.organization, self.overruled = None, True
        try:
            found = yield from self._find_organization(chosen_id(self.grant))
        except Refused as error:
            if error.case in (cases.ORG_DISABLED, cases.RESTRICTED):
                raise
            return False
        except UpstreamError:
            return False
        return found.id != before

    def ask_usage(self, error: Refused) -> Exchange:
        """Raises a better refusal when an allowance is used up, and until when is known."""
        organization = yield from self.organization()
        try:
            quotas = read_usage((yield from self.body(get_usage(self.grant, self.options, organization))))
        except UpstreamError:
            return
        yield Keep(quotas=quotas)
        at_s = spent_until_s(quotas)
        if at_s is not None and self.now_s < at_s <= self.now_s + LONGEST_S:
            spent = self.refusals.refused(cases.RATE_LIMITED, status=error.status, detail=error.detail)
            spent.until(Reset(at_s, "usage"), self.now_s)
            raise spent

    def _find_organization(self, wanted: str | None) -> Doing[Organization]:
        body = yield from self.body(get_organizations(self.grant, self.options))
        found = choose_organization(read_organizations(body), wanted)
        if found is None:
            raise self.refusals.refused(cases.NO_CHAT_ORG)
        if (against := held_against(found, self.refusals)) is not None:
            raise against
        self.memory.organization = found
        self._learn(found)
        return found

    def _learn(self, organization: Organization) -> None:
        """The plan, where neither the operator nor a survey has told it."""
        if organization.plan is not None and models.plan_of(self.grant) is None:
            self.grant = replace(self.grant, details={**self.grant.details, "plan": organization.plan})
