"""The order of turns: operator text in mid-conversation, blank texts, same-role runs, pairing, openings and prefills.

Anthropic's API refuses unpaired or repeated tool ids and blank texts; strict chat templates refuse two turns of one role in
a row. Clients that edit their history produce all of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from isthmus.core.abilities import SystemTurns
from isthmus.core.conversation import Block, Conversation, Role, Text, ToolCall, ToolResult, Turn
from isthmus.core.errors import BadRequest, rejected
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss

NO_RESULT: Final = "(no result recorded)"
NO_CONTENT: Final = "(no content)"
OPENING: Final = "."

_NOTHING: Final = Turn(Role.USER, (Text(NO_CONTENT),))

Fit = tuple[Conversation, tuple[Loss, ...]]


def place_system_turns(conversation: Conversation, target: Target) -> Fit:
    """Operator text inside the conversation, as the target can take it. Leading operator text joins the system text.

    Raises `BadRequest` (`capability_rejected: mid_conv_system`) where the target wants the client to fold it in.
    """
    if not any(turn.role is Role.SYSTEM for turn in conversation.turns):
        return conversation, ()
    # Blanks go first: operator text must not be placed beside a turn that then vanishes.
    spoken = _without_blanks(conversation.turns)
    leading = list(takewhile(lambda turn: turn.role is Role.SYSTEM, spoken))
    texts = tuple(block for turn in leading for block in turn.blocks if isinstance(block, Text))
    spoken = spoken[len(leading) :]
    conversation = replace(conversation, system=conversation.system + texts, turns=spoken)
    if not any(turn.role is Role.SYSTEM for turn in spoken):
        return conversation, ()
    match target.abilities.system_turns:
        case SystemTurns.REFUSED:
            raise rejected("mid_conv_system", "messages")
        case SystemTurns.NATIVE:
            return replace(conversation, turns=tuple(_natively(spoken))), ()
        case SystemTurns.REMINDER:
            reminded = tuple(_reminder(turn) if turn.role is Role.SYSTEM else turn for turn in spoken)
            loss = Loss("messages.role:system", Action.CONVERTED, "user text")
            return replace(conversation, turns=reminded), (loss,)


def _natively(turns: Sequence[Turn]) -> list[Turn]:
    """Anthropic's rule: directly after a user turn, and last or followed by an assistant turn; runs are merged.

    What stands elsewhere slides behind the next user turn; without one it becomes a reminder.
    """
    placed: list[Turn] = []
    waiting: list[Block] = []
    for at, turn in enumerate(turns):
        if turn.role is Role.SYSTEM:
            waiting += turn.blocks
        else:
            placed.append(turn)
        following = turns[at + 1].role if at + 1 < len(turns) else None
        if waiting and placed[-1].role is Role.USER and following in {Role.ASSISTANT, None}:
            placed.append(Turn(Role.SYSTEM, tuple(waiting)))
            waiting = []
    if waiting:
        placed.append(_reminder(Turn(Role.SYSTEM, tuple(waiting))))
    return placed


def _reminder(turn: Turn) -> Turn:
    text = "\n\n".join(_texts(turn))
    return Turn(Role.USER, (Text(f"<system-reminder>\n{text}\n</system-reminder>"),))


def _texts(turn: Turn) -> list[str]:
    return [block.text for block in turn.blocks if isinstance(block, Text) and block.text.strip()]


def join_turns(conversation: Conversation, target: Target) -> Fit:
    """Blank texts go, turns of one role in a row become one."""
    turns = _without_blanks(conversation.turns)
    changed = turns is not conversation.turns
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].role is turn.role and turn.role is not Role.SYSTEM:
            joined[-1] = Turn(turn.role, joined[-1].blocks + turn.blocks)
            changed = True
        else:
            joined.append(turn)
    if not joined:
        joined.append(_NOTHING)
        changed = True
    if target.abilities.alternating_turns and joined[0].role is Role.ASSISTANT:
        joined.insert(0, Turn(Role.USER, (Text(OPENING),)))
        changed = True
    return (replace(conversation, turns=tuple(joined)) if changed else conversation), ()


def _without_blanks(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """The very same tuple when nothing is blank. A user who ends with nothing still has the last word."""
    shown = [_without_blank(turn) for turn in turns]
    if all(now is before and now.blocks for now, before in zip(shown, turns, strict=True)):
        return turns
    kept = [turn for turn in shown if turn.blocks]
    if kept and turns[-1].role is Role.USER and kept[-1].role is Role.ASSISTANT:
        kept.append(_NOTHING)
    return tuple(kept)


def _without_blank(turn: Turn) -> Turn:
    for block in turn.blocks:
        if isinstance(block, Text) and (not block.text or block.text.isspace()):
            kept = tuple(
                each for each in turn.blocks if not (isinstance(each, Text) and not each.text.strip())
            )
            return Turn(turn.role, kept)
    return turn


def pair_calls(conversation: Conversation, target: Target) -> Fit:
    """Every call has exactly one result, in the order of the calls, first in the user turn that follows; ids are unique.

    Expects runs of one role to be joined already. What had to be made up or moved is noted.
    """
    if not any(
        isinstance(block, ToolCall | ToolResult) for turn in conversation.turns for block in turn.blocks
    ):
        return conversation, ()
    pairing = _Pairing()
    for turn in conversation.turns:
        pairing.take(turn)
    pairing.close()
    turns = tuple(pairing.turns)
    if turns == conversation.turns:
        return conversation, ()
    return replace(conversation, turns=turns), tuple(dict.fromkeys(pairing.losses))


class _Pairing:
    """Walks the turns once, remembering which calls of the last assistant turn still wait for their results."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.losses: list[Loss] = []
        self._seen: set[str] = set()
        self._open: list[tuple[str, str]] = []
        """(id as the client wrote it, id as it is now) of calls without a result yet."""

    def take(self, turn: Turn) -> None:
        match turn.role:
            case Role.ASSISTANT:
                self._settle()
                self.turns.append(self._with_unique_ids(turn))
            case Role.USER:
                self.turns.append(self._with_results(turn))
            case Role.SYSTEM:
                self.turns.append(turn)

    def close(self) -> None:
        self._settle()

    def _settle(self) -> None:
        """Calls that were never answered get a result that says so."""
        if self._open:
            results = tuple(self._missing(now) for _, now in self._open)
            self.turns.append(Turn(Role.USER, results))
            self._open = []

    def _with_unique_ids(self, turn: Turn) -> Turn:
        blocks: list[Block] = []
        for block in turn.blocks:
            if isinstance(block, ToolCall):
                now = self._unique(block.id)
                self._open.append((block.id, now))
                blocks.append(block if now == block.id else replace(block, id=now))
            else:
                blocks.append(block)
        return Turn(turn.role, tuple(blocks))

    def _unique(self, id: str) -> str:
        now, number = id, 1
        while now in self._seen:
            number += 1
            now = f"{id}_{number}"
        if number > 1:
            self.losses.append(Loss("tool_use.id", Action.CONVERTED, "duplicate id"))
        self._seen.add(now)
        return now

    def _with_results(self, turn: Turn) -> Turn:
        given: dict[str, list[ToolResult]] = {}
        wanted = {before for before, _ in self._open}
        rest: list[Block] = []
        for block in turn.blocks:
            if isinstance(block, ToolResult) and block.call_id in wanted:
                given.setdefault(block.call_id, []).append(block)
            elif isinstance(block, ToolResult):
                rest += self._orphan(block)
            else:
                rest.append(block)
        results: list[Block] = []
        for before, now in self._open:
            found = given.get(before)
            results.append(replace(found.pop(0), call_id=now) if found else self._missing(now))
        for extra in given.values():
            for result in extra:
                rest += self._orphan(result)
        self._open = []
        return Turn(turn.role, (*results, *rest))

    def _missing(self, id: str) -> ToolResult:
        self.losses.append(Loss("tool_result", Action.EMULATED, "a call had no result"))
        return ToolResult(id, (Text(NO_RESULT),))

    def _orphan(self, result: ToolResult) -> list[Block]:
        """A result without its call: what it says becomes text of the user's."""
        self.losses.append(Loss("tool_result", Action.CONVERTED, "a result had no call"))
        label = "Error of a tool call" if result.is_error else "Result of a tool call"
        said: list[Block] = [Text(f"[{label} that is no longer in this conversation ({result.call_id})]")]
        for part in result.parts:
            if isinstance(part, Text) and part.text.strip():
                said.append(part)
            elif not isinstance(part, Text):
                said += _as_block(part)
        return said


def _as_block(part: object) -> list[Block]:
    return [part] if isinstance(part, Block) else []


def check_prefill(conversation: Conversation, target: Target) -> Fit:
    """A conversation that ends with words put into the model's mouth.

    Raises `BadRequest` for a model that cannot go on from there: silently dropping them would change the question.
    """
    if not conversation.turns or conversation.turns[-1].role is not Role.ASSISTANT:
        return conversation, ()
    if not target.abilities.prefill:
        raise BadRequest(
            f"messages: the last message has the role assistant, and {target.model} cannot continue one (prefill): "
            "end the conversation with a user message",
            field=f"messages.{len(conversation.turns) - 1}.role",
        )
    last = conversation.turns[-1]
    block = last.blocks[-1]
    if isinstance(block, Text) and block.text != block.text.rstrip():
        trimmed = Turn(last.role, (*last.blocks[:-1], replace(block, text=block.text.rstrip())))
        return replace(conversation, turns=(*conversation.turns[:-1], trimmed)), ()
    return conversation, ()
