"""One turn of a conversation: everything is checked before anything is kept, and a turn that begins costs a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isthmus.simulators.claude_web import limits, rules
from isthmus.simulators.claude_web.answers import Answer, Item, Played, Silence
from isthmus.simulators.claude_web.clock import stored
from isthmus.simulators.claude_web.conversations import ROOT, Conversation, Message
from isthmus.simulators.claude_web.effects import Instead, Restated, Streamed, Unanswered
from isthmus.simulators.claude_web.model import compose
from isthmus.simulators.claude_web.plans import DEFAULT_MODEL
from isthmus.simulators.claude_web.prompt import read
from isthmus.simulators.claude_web.refusals import Json, Refusal, invalid
from isthmus.simulators.claude_web.reply import Reply
from isthmus.simulators.claude_web.scenarios import Draft
from isthmus.simulators.claude_web.stream import Teller
from isthmus.simulators.claude_web.visit import Visit

BYTES_PER_TOKEN: Final = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """What a checked request comes to."""

    visit: Visit
    body: Json
    conversation: Conversation
    new: bool
    """The conversation begins with this turn."""
    human: Message
    again: bool = False
    """The message is already there: only the answer is new."""

    @property
    def model(self) -> str:
        return self.body.get("model") or self.conversation.model or DEFAULT_MODEL

    @property
    def thinks(self) -> bool:
        match self.body.get("thinking_mode"):
            case "extended":
                return True
            case "auto":
                return self.body.get("effort") in ("high", "xhigh", "max")
            case "off":
                return False
            case _:
                return self.conversation.settings.get("paprika_mode") == "extended"


def complete(visit: Visit) -> Answer:
    """`POST …/completion`."""
    visit.org()
    body = visit.json()
    rules.check(rules.COMPLETION, body)
    conversation, new = _conversation(visit, body)
    visit.account.check_model(body.get("model"))
    ids = body.get("turn_message_uuids") or {}
    human = Message(
        ids.get("human_message_uuid") or visit.seeds.uuid(),
        conversation.parent_for(body.get("parent_message_uuid")),
        "human",
        body["prompt"],
        stored(visit.now_s),
        tuple(body.get("attachments") or ()),
        tuple(_files(visit, body)),
    )
    if human.uuid in conversation.messages or ids.get("assistant_message_uuid") in conversation.messages:
        raise Refusal(409, "invalid_request_error", "turn_message_uuids: a message of this uuid exists")
    return _answer(Turn(visit, body, conversation, new, human))


def retry(visit: Visit) -> Answer:
    """`POST …/retry_completion`: another answer to the newest message of the human, or to the one named as parent."""
    org = visit.org()
    body = visit.json()
    rules.check(rules.RETRY, body)
    conversation = visit.account.conversations.get(org.uuid, visit.params["conversation"])
    visit.account.check_model(body.get("model"))
    said = [each for each in conversation.path(conversation.leaf or ROOT) if each.sender == "human"]
    named = body.get("parent_message_uuid")
    human = conversation.messages.get(named) if named else said[-1] if said else None
    if human is None or human.sender != "human":
        raise invalid("parent_message_uuid: no message of the human has this uuid")
    return _answer(Turn(visit, body, conversation, False, human, again=True))


def _conversation(visit: Visit, body: Json) -> tuple[Conversation, bool]:
    """The one of the path, or the one that this turn makes."""
    conversations, org = visit.account.conversations, visit.params["org"]
    uuid, inline = visit.params["conversation"], body.get("create_conversation_params")
    if inline is None:
        return conversations.get(org, uuid), False
    found = rules.uuid(uuid)
    if found:
        raise invalid(f"chat_conversation_uuid: {found}")
    if conversations.find(org, uuid) is not None:
        raise Refusal(409, "invalid_request_error", f"conversation {uuid} already exists")
    visit.account.check_model(inline.get("model"))
    made = Conversation(uuid, org, inline["name"], stored(visit.now_s), inline.get("model"))
    made.is_temporary = inline.get("is_temporary", False)
    made.settings = {"paprika_mode": inline.get("paprika_mode")}
    return made, True


def _files(visit: Visit, body: Json) -> list[Json]:
    found = {uuid: visit.account.files.get(uuid) for uuid in body.get("files") or ()}
    missing = next((uuid for uuid, file in found.items() if file is None), None)
    if missing is not None:
        raise invalid(f"files: no file has the uuid {missing}")
    return [file.seen() for file in found.values() if file is not None]


def _answer(turn: Turn) -> Answer:
    visit, account = turn.visit, turn.visit.account
    _within_window(turn)
    _admit(turn)
    path = [*turn.conversation.path(turn.human.parent), turn.human]
    reading = read([(each.sender, each.text, each.attachments) for each in path])
    draft = Draft(reading, turn.body, turn.human.files, turn.thinks, account.framing)
    reply = compose(draft)
    effects = [fault.effect for fault in (visit.fault, *draft.faults) if fault is not None]
    for effect in effects:
        if isinstance(effect, Instead):
            return effect.make(visit.moment)
        if isinstance(effect, Unanswered):
            return Silence()
        if isinstance(effect, Restated):
            effect.change(reply)
    _keep(turn)
    items = list(_told(turn, reply, answer := _answer_uuid(turn)))
    for effect in effects:
        if isinstance(effect, Streamed):
            items = effect.change(items)
    return Played(items, draft.framing, _done(turn, reply, answer))


def _within_window(turn: Turn) -> None:
    said = [turn.human.text, *(each["extracted_content"] for each in turn.human.attachments)]
    tokens = sum(len(text.encode()) for text in said) // BYTES_PER_TOKEN
    most = turn.visit.account.context_tokens
    if tokens > most:
        raise invalid(f"prompt is too long: {tokens} tokens > {most} maximum")


def _admit(turn: Turn) -> None:
    """Raises `Refusal` when the account says too much at once, or has said enough for now."""
    account, now_s = turn.visit.account, turn.visit.now_s
    if account.streaming >= account.concurrency:
        raise limits.concurrents(list(account.quota.windows.values()))
    if account.quota.exceeded(now_s, turn.model) is not None:
        raise limits.exceeded(account.quota.limit(now_s, turn.model))


def _keep(turn: Turn) -> None:
    account = turn.visit.account
    if turn.new:
        account.conversations.add(turn.conversation)
    if not turn.again:
        turn.conversation.add(turn.human)
    account.quota.charge(turn.visit.now_s, turn.model)
    account.streaming += 1


def _answer_uuid(turn: Turn) -> str:
    ids = turn.body.get("turn_message_uuids") or {}
    return ids.get("assistant_message_uuid") or turn.visit.seeds.uuid()


def _told(turn: Turn, reply: Reply, answer: str) -> list[Item]:
    visit = turn.visit
    limit = visit.account.quota.limit(visit.now_s, turn.model)
    teller = Teller(visit.seeds, visit.now_s, turn.human.uuid, answer, limit)
    tell = teller.raw if turn.body.get("rendering_mode") == "raw" else teller.messages
    return list(tell(reply))


def _done(turn: Turn, reply: Reply, answer: str) -> Callable[[bool], None]:
    """Gives the place back, and keeps what was said: all of it, or that it was broken off."""

    def done(whole: bool) -> None:
        turn.visit.account.streaming -= 1
        text, reason = (reply.text, reply.stop_reason) if whole else ("", "user_canceled")
        at = stored(turn.visit.now_s)
        said = Message(answer, turn.human.uuid, "assistant", text, at, stop_reason=reason)
        # Two turns at once may have chosen one uuid; the first to end keeps it.
        if answer not in turn.conversation.messages:
            turn.conversation.add(said)

    return done
