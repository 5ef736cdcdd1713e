"""One answer of claude.ai, in the order its own page goes: organization, files, conversation, question; then it is tidied up.

What may help against a refusal is tried with the same account, each remedy once. Everything else is for whoever chooses accounts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from isthmus.core.commands import (
    Authorize,
    Decoder,
    Errand,
    Exchange,
    Grant,
    Head,
    Keep,
    Later,
    Pause,
    Reply,
    Rest,
    Say,
    Stream,
)
from isthmus.core.conversation import Conversation
from isthmus.core.errors import UpstreamError
from isthmus.core.events import Finished, Started, Stop
from isthmus.core.interfaces import Target
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.cases import Case, Remedy
from isthmus.providers.claude_web.chat_calls import BY_CONVERSATION, Place, read_file_id
from isthmus.providers.claude_web.conversations import Held, digest, digest_of_answer
from isthmus.providers.claude_web.decode import Expected, Heard, decoder_for
from isthmus.providers.claude_web.errors import Refused, remedy_of
from isthmus.providers.claude_web.headers import SESSION_KEY, new_key
from isthmus.providers.claude_web.quotas import read_windows
from isthmus.providers.claude_web.request import Continued, Ids, Turn, completion_body, plan_turn
from isthmus.providers.claude_web.session import Doing, Session, Speaker
from isthmus.providers.claude_web.tool_tags import TagReader

DROP: Final = "drop"
DELETE_TRIES: Final = 3
DELETE_PAUSE_S: Final = 2.0
AGAIN_S: Final = 1.0
"""To twice that, before an overloaded service is asked once more."""
MAX_TRIES: Final = 4
_OPTIONAL: Final = ("thinking_mode", "effort")


def converse(conversation: Conversation, target: Target, speaker: Speaker) -> Exchange:
    """Raises `BadRequest` for what the service is known to refuse."""
    if conversation.max_tokens == 0:
        # Only a cache was to be warmed, which the service has none of.
        yield Say((Started(model=target.model), Finished(Stop.END_TURN)))
        return
    speaker.memory.check_path(speaker.refusals)
    grant = yield Authorize()
    assert isinstance(grant, Grant)
    session = Session(speaker, grant)
    asking = _Asking(conversation, target, session)
    while True:
        try:
            yield from asking.answer()
        except UpstreamError as error:
            yield from session.noticed()
            yield from asking.mend(error)
        else:
            yield from session.noticed()
            yield from asking.finish()
            return


@dataclass(slots=True)
class _Chat:
    """The conversation that an answer is given in."""

    place: Place
    parent: Continued | None = None
    """Where it goes on; None: it begins."""
    stays: bool = False
    """It is not to be deleted."""


@dataclass(slots=True)
class _Asking:
    """One question, as far as it has got."""

    asked: Conversation
    target: Target
    session: Session
    chat: _Chat | None = None
    turn: Turn | None = None
    ids: Ids | None = None
    heard: Heard = field(default_factory=Heard)
    files: dict[str, list[str]] = field(default_factory=dict)
    """Ids of what was uploaded, by the conversation or organization that it was uploaded to."""
    reduced: bool = False
    anew: bool = False
    """A conversation that was to go on is not there any more."""
    tries: int = 0
    used: set[Remedy] = field(default_factory=set)

    def answer(self) -> Exchange:
        session = self.session
        organization = yield from session.organization()
        session.check_model(self.target.model)
        chat = self.chat or self._choose_chat(organization)
        if chat.parent is not None:
            yield from self._begin(chat)
        turn = plan_turn(self.asked, self.target, session.options, session.grant, chat.parent)
        if session.options.upload_api == BY_CONVERSATION:
            yield from self._begin(chat)
        files = yield from self._upload(turn, chat.place)
        yield from self._begin(chat)
        if turn.thinking.settings is not None:
            yield from session.body(chat.place.set(turn.thinking.settings))
        yield self._stream(turn, chat, files)

    def mend(self, error: UpstreamError) -> Exchange:
        """Returns when it is worth trying once more; raises what stands otherwise."""
        self.tries += 1
        remedy = remedy_of(error)
        if remedy not in self.used and self.tries < MAX_TRIES and isinstance(error, Refused):
            self.used.add(remedy)
            try:
                if (yield from self._mended(remedy, error)):
                    return
            except Refused as better:
                error = better
        if isinstance(error, Refused):
            self.session.memory.met(error, self.session.now_s)
        raise error

    def finish(self) -> Exchange:
        """The answer is whole, as far as the client is concerned."""
        assert self.chat is not None
        memory, limit = self.session.memory, self.heard.limit
        memory.answered()
        self.chat.stays = self._put_back(self.chat) or not self.session.options.chat_delete
        if limit is None:
            return
        if quotas := read_windows(limit):
            yield Keep(quotas=quotas)
        yield self.session.refusals.nearing(limit)
        if (spent := self.session.refusals.limit(limit)) is not None:
            memory.met(spent, self.session.now_s)
            yield Rest(spent)

    # The conversation

    def _choose_chat(self, organization: str) -> _Chat:
        session = self.session
        held: Held | None = None
        if session.options.keep_conversations and not self.anew:
            kept = session.memory.conversations
            held = kept.take(self.asked, session.now_s, session.options.conversation_idle_s)
            if held is not None and held.organization != organization:
                kept.leave(held)
                held = None
        if held is not None:
            return _Chat(session.place(organization, held.continued.conversation), held.continued)
        return _Chat(session.place(organization, session.speaker.new_id()))

    def _begin(self, chat: _Chat) -> Exchange:
        """What is made is put down for deletion at once: however this ends, somebody tidies up."""
        if self.chat is chat:
            return
        for over in self.session.memory.conversations.over():
            yield Later(_delete(_Chat(self.session.place(over.organization, over.continued.conversation))))
        if chat.parent is None:
            try:
                yield from self.session.body(chat.place.create())
            except Refused as error:
                # There is no conversation yet that could be gone: it is the organization that is not there.
                raise self._renamed(error, cases.PERMISSION) from None
        self.chat = chat
        yield Later(_delete(chat))

    def _put_back(self, chat: _Chat) -> bool:
        """Whether the conversation may go on with the client's next turn."""
        if not (self.session.options.keep_conversations and self.asked.session and self.heard.whole):
            return False
        assert self.ids is not None and self.turn is not None
        parent = self.heard.answer_id or self.ids.assistant
        held = Held(
            chat.place.organization,
            Continued(chat.place.conversation, parent, self.turn.standing),
            len(self.asked.turns),
            digest(self.asked.turns),
            digest_of_answer(self.heard.said),
            self.session.now_s,
        )
        self.session.memory.conversations.put(self.asked, held)
        return True

    def _upload(self, turn: Turn, place: Place) -> Doing[list[str]]:
        by_conversation = place.options.upload_api == BY_CONVERSATION
        done = self.files.setdefault(place.conversation if by_conversation else place.organization, [])
        for upload in turn.uploads[len(done) :]:
            try:
                body = yield from self.session.body(place.upload(upload))
            except Refused as error:
                raise self._of_file(error, upload.name) from None
            done.append(read_file_id(body))
        return done

    def _stream(self, turn: Turn, chat: _Chat, files: list[str]) -> Stream:
        session = self.session
        new_id = session.speaker.new_id
        ids = Ids(new_id(), new_id())
        self.turn = turn
        self.ids = ids if chat.parent is None else replace(ids, parent=chat.parent.parent)
        self.heard = Heard()
        expected = Expected(
            session.refusals,
            self.heard,
            lambda: f"toolu_{new_id().replace('-', '')}",
            turn.stop,
            turn.max_tokens,
            (lambda: TagReader(turn.tool_names, single=turn.single_call)) if turn.tools else None,
            session.options.thinking_output if turn.thinking_shown else DROP,
        )
        return Stream(
            "POST",
            chat.place.completion_url,
            chat.place.completion_headers,
            completion_body(turn, self.ids, session.options, files=files, reduced=self.reduced),
            decode=lambda head: self._decoder(head, expected),
            classify=self._classify,
            losses=turn.losses,
            whole=not self.asked.stream,
        )

    def _decoder(self, head: Head, expected: Expected) -> Decoder:
        self.session.notice(head)
        return decoder_for(head, expected)

    def _classify(self, head: Head, body: bytes) -> UpstreamError:
        self.session.notice(head)
        return self.session.refusals.classify(head, body)

    # When it goes wrong

    def _mended(self, remedy: Remedy, error: Refused) -> Doing[bool]:
        match remedy:
            case Remedy.ANOTHER_KEY:
                self.chat = None
                return (yield from self.session.another_key())
            case Remedy.ANOTHER_ORGANIZATION:
                self.chat = None
                return (yield from self.session.another_organization())
            case Remedy.NEW_CONVERSATION:
                self.chat, self.anew = None, True
                self.files.clear()
                return True
            case Remedy.SIMPLER:
                self.reduced = any(name in error.detail for name in _OPTIONAL)
                return self.reduced
            case Remedy.AGAIN:
                yield Pause(AGAIN_S * (1 + self.session.speaker.jitter()))
                return True
            case Remedy.ASK_USAGE:
                if not error.source:
                    yield from self.session.ask_usage(error)
                return False
            case Remedy.NONE:
                return False

    def _renamed(self, error: Refused, into: Case) -> Refused:
        if error.case is not cases.CONVERSATION_GONE:
            return error
        return self.session.refusals.refused(into, status=error.status, detail=error.detail)

    def _of_file(self, error: Refused, name: str) -> Refused:
        """A refusal of an upload. What is too long for a prompt is too large for a file."""
        refused = self.session.refusals.refused
        match error.case:
            case cases.CONVERSATION_GONE:
                return refused(
                    cases.NO_SUCH_CALL, status=error.status, detail="upload: set upload_api to the other one"
                )
            case cases.TOO_LONG:
                words = f"{name}: the file is too large for claude.ai"
                return refused(cases.TOO_LARGE, status=error.status, detail=error.detail, words=words)
            case cases.BAD_REQUEST:
                words = f"{name}: claude.ai does not take this file"
                return refused(cases.BAD_FILE, status=error.status, detail=error.detail, words=words)
            case _:
                return error


def _delete(chat: _Chat) -> Errand:
    """Three times at most. Somebody else may have done it."""
    if chat.stays:
        return
    for left in range(DELETE_TRIES - 1, -1, -1):
        try:
            reply = yield chat.place.delete()
            assert isinstance(reply, Reply)
            if (key := new_key(reply.head.headers)) is not None:
                yield Keep({SESSION_KEY: key}, chat.place.grant.token)
            status = reply.head.status
            if status < 300 or status == 404:
                return
            failure = UpstreamError(f"the upstream did not delete a conversation ({status})", status=status)
        except UpstreamError as error:
            failure = error
        if not left:
            raise failure
        yield Pause(DELETE_PAUSE_S)
