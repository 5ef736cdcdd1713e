"""One answer of the service: what is asked, and what is tried again with the same account before it counts as failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID, uuid5

from isthmus.core.abilities import Rule
from isthmus.core.commands import Authorize, Exchange, Grant, Headers, Pause, Say, Stream
from isthmus.core.conversation import Conversation, Text
from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.events import Finished, Started, Stop
from isthmus.core.interfaces import Target
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q import names
from isthmus.providers.amazon_q.cases import Remedy
from isthmus.providers.amazon_q.control_calls import only_profile
from isthmus.providers.amazon_q.decode import Expected, decoder_for
from isthmus.providers.amazon_q.errors import Refusals, Refused, remedy_of
from isthmus.providers.amazon_q.headers import chat_headers
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.places import places
from isthmus.providers.amazon_q.request import QRequest, render
from isthmus.providers.amazon_q.resting import Resting

MAX_TRIES: Final = 3
"""Requests for one answer, with one account."""
ORGANISATIONS: Final = frozenset({"idc", "external_idp"})
"""Kinds of accounts that are nothing without a profile."""
LONGEST_PAUSE_S: Final = 10.0
NAMESPACE: Final = UUID("6a1cf7c5-0f4b-5b0e-9a68-3f6f7a2d9c11")


@dataclass(frozen=True, slots=True)
class Speaker:
    """What every conversation with one account has in common."""

    options: Options
    """As configured; the account's own stand above them."""
    headers: Mapping[str, Secret]
    """The operator's, which may replace ours."""
    refusals: Refusals
    resting: Resting
    jitter: Callable[[], float]
    """A number from 0 up to 1, another each time."""
    rules: Sequence[Rule] = ()
    """The operator's word on what models can carry."""


@dataclass(slots=True)
class _Tries:
    """What has been tried so far. Each remedy helps once or not at all; only waiting may be repeated."""

    conversation_id: UUID
    profile_arn: str | None = None
    """The account's only one, found when it was missed."""
    strict: bool = False
    is_last: bool = False
    count: int = 0
    _used: set[Remedy] = field(default_factory=set)

    def next(self, error: UpstreamError) -> Remedy:
        """What to try now; `NONE` when the failure stands."""
        self.count += 1
        remedy = remedy_of(error)
        if self.count >= MAX_TRIES or (remedy in self._used and remedy is not Remedy.AGAIN):
            return Remedy.NONE
        self._used.add(remedy)
        return remedy


def converse(conversation: Conversation, target: Target, speaker: Speaker) -> Exchange:
    """Raises `BadRequest` for what the service is known to refuse."""
    if conversation.max_tokens == 0:
        # Only a cache was to be warmed, which the service cannot be asked for.
        yield Say((Started(model=target.model), Finished(Stop.END_TURN)))
        return
    grant = yield Authorize()
    assert isinstance(grant, Grant)
    tries = _Tries(conversation_id(conversation))
    failure: tuple[UpstreamError, bytes] | None = None
    while True:
        options = _own(speaker.options, grant, tries.profile_arn)
        _check_model(target.model, grant, speaker.refusals)
        request = render(
            conversation,
            target,
            options,
            grant,
            strict=tries.strict,
            conversation_id=str(tries.conversation_id),
            rules=speaker.rules,
        )
        if failure is not None and failure[1] == request.body:
            raise failure[0]
        failure = None
        try:
            yield _stream(request, conversation.stream, grant, options, speaker, is_last=tries.is_last)
        except UpstreamError as error:
            match tries.next(error):
                case Remedy.RENEW:
                    grant = yield Authorize(grant.token)
                    assert isinstance(grant, Grant)
                case Remedy.PROFILE if options.profile_arn is None:
                    tries.profile_arn = yield from only_profile(grant, options)
                    if tries.profile_arn is None:
                        raise
                case Remedy.STRICTER:
                    tries.strict, failure = True, (error, request.body)
                case Remedy.NEW_CONVERSATION:
                    tries.conversation_id = uuid5(tries.conversation_id, "anew")
                case Remedy.ONCE_MORE:
                    tries.is_last = True
                case Remedy.AGAIN if (wait_s := _pause_s(error, tries.count, speaker.jitter)) is not None:
                    yield Pause(wait_s)
                case _:
                    if isinstance(error, Refused):
                        yield from speaker.resting.settle(error, grant, options)
                    if error.kind is Kind.CONTEXT_OVERFLOW:
                        error.limit = error.limit or request.window
                    elif error.kind is Kind.MODEL_NOT_FOUND:
                        error.message = speaker.refusals.without(target.model)
                    raise
        else:
            speaker.resting.patience.answered()
            return


def conversation_id(conversation: Conversation) -> UUID:
    """The same for every turn of a conversation, whichever account takes it."""
    if conversation.session:
        return uuid5(NAMESPACE, conversation.session)
    first = conversation.turns[:1]
    texts = [block.text for turn in first for block in turn.blocks if isinstance(block, Text)]
    return uuid5(NAMESPACE, "\0".join((*(text.text for text in conversation.system), *texts)))


def _own(configured: Options, grant: Grant, found: str | None) -> Options:
    """The account's. One of an organisation that was imported without its profile is served in its only one."""
    options = configured.of(grant.details)
    if (
        options.profile_arn is None
        and found is None
        and grant.kind in ORGANISATIONS
        and grant.survey is not None
    ):
        listed = grant.survey.profiles
        found = str(listed[0]["id"]) if len(listed) == 1 else None
    return (
        options if options.profile_arn is not None or found is None else replace(options, profile_arn=found)
    )


def _check_model(model: str, grant: Grant, refusals: Refusals) -> None:
    """Raises the service's own refusal, without asking, for a model that the account is known not to have."""
    if grant.survey is None:
        return
    listed = [str(row["id"]) for row in grant.survey.models if "id" in row]
    if grant.survey.lists(names.resolve(model, listed).id) is False:
        raise refusals.lacking(model)


def _stream(
    request: QRequest, stream: bool, grant: Grant, options: Options, speaker: Speaker, *, is_last: bool
) -> Stream:
    expected = Expected(
        speaker.refusals,
        request.model,
        request.stop,
        request.max_tokens,
        request.window,
        whole=not stream,
        is_last=is_last,
    )
    return Stream(
        "POST",
        f"{places(options).chat}/generateAssistantResponse",
        _joined(chat_headers(grant, options), speaker.headers),
        request.body,
        decode=lambda head: decoder_for(head, expected),
        classify=speaker.refusals.classify,
        losses=request.losses,
        whole=not stream,
    )


def _joined(own: Headers, operators: Mapping[str, Secret]) -> Headers:
    return tuple({**dict(own), **{name.lower(): value.reveal() for name, value in operators.items()}}.items())


def _pause_s(error: UpstreamError, tries: int, jitter: Callable[[], float]) -> float | None:
    """As told, else a second to ten, more each time. None: the service wants to be left alone for longer than a client should wait."""
    told_s = error.told_s if isinstance(error, Refused) else error.retry_after_s
    if told_s is None:
        return 1.0 + (min(LONGEST_PAUSE_S, 3.0**tries) - 1.0) * jitter()
    return told_s if told_s <= LONGEST_PAUSE_S else None
