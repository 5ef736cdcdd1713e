"""Which call a fragment belongs to, and what of it is new.

Vendors number calls by `index`, or only by id, or not at all; begin a second call under the first one's index; repeat names,
ids and whole arguments; send arguments as objects. Each row of that has been seen in public issue trackers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from isthmus.core.compose import Composer
from isthmus.providers.openai_compatible.schema import CallDelta, FunctionDelta
from isthmus.wire.json_repair import is_complete, split_objects

_MIN_REPEAT: Final = 2
"""Shorter beginnings, such as `{`, say nothing about whether a fragment repeats what came before."""
_COUNTED: Final = re.compile(r"(?:(?:[a-z]+[-_]?)?\d{1,4})?", re.IGNORECASE)
"""Ids that only count, such as `call_0`: they begin anew with every answer."""


@dataclass(slots=True)
class _Call:
    key: int
    id: str
    name: str = ""
    said: list[str] = field(default_factory=list)
    opened: bool = False
    named_again: bool = False
    """A name came once more after the arguments were whole: the next arguments begin another call."""
    held: str | None = None
    """A fragment that begins with all that came before: a repetition, or nested JSON that looks like one."""
    cumulative: bool = False
    additive: bool = False

    @property
    def arguments(self) -> str:
        return "".join(self.said)


class ToolCalls:
    """The calls of one answer. Says them through a `Composer`, which keeps interleaved ones apart."""

    def __init__(self, composer: Composer, *, cumulative: bool = False, glued: bool = False) -> None:
        self._composer = composer
        self._cumulative = cumulative
        self._glued = glued
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._finished = False
        self._ids: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, fragments: list[CallDelta]) -> None:
        for position, fragment in enumerate(fragments):
            self._fragment(fragment, position if len(fragments) > 1 else None)

    def feed_legacy(self, function: FunctionDelta) -> None:
        """`function_call`, of which an answer has but one."""
        self._fragment(CallDelta(index=0, function=function), None)

    def finish(self) -> None:
        """No more fragments: what was held back is said."""
        if self._finished:
            return
        self._finished = True
        for call in self._calls:
            if call.held is not None:
                self._settle(call)
            if self._glued:
                self._say_glued(call)
            elif not call.opened and (call.name or call.said):
                self._open(call)

    def _fragment(self, fragment: CallDelta, position: int | None) -> None:
        function = fragment.function or FunctionDelta()
        text = _text(function.arguments)
        call = self._call_of(fragment, position, function.name, text)
        self._take_name(call, function.name)
        if text:
            self._take_arguments(call, text)

    def _call_of(self, fragment: CallDelta, position: int | None, name: str | None, text: str) -> _Call:
        index = fragment.index if fragment.index is not None else position
        id = fragment.id or ""
        call = None
        if index is not None:
            call = self._by_index.get(index)
        if call is None and id and (index is None or fragment.index is None):
            call = self._by_id.get(id)
        if call is None and index is None and not id and self._calls:
            call = self._calls[-1]
        if call is None or self._contradicted(call, id, name, text):
            return self._new(index, id)
        if id and not call.id:
            call.id = id
            self._by_id[id] = call
        return call

    def _contradicted(self, call: _Call, id: str, name: str | None, text: str) -> bool:
        """The fragment cannot be more of this call."""
        if id and call.id:
            return id != call.id
        if id and call.opened:
            return True
        if name and call.name and not id and is_complete(call.arguments):
            if name != call.name:
                return True
            call.named_again = True
        return call.named_again and bool(text) and text != call.arguments

    def _new(self, index: int | None, id: str) -> _Call:
        if self._calls:
            self._conclude(self._calls[-1])
        call = _Call(len(self._calls), id)
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        if id:
            self._by_id[id] = call
        return call

    def _conclude(self, call: _Call) -> None:
        """Another call begins: this one is opened at the latest now, and closed if its arguments are whole."""
        if not call.opened and call.name and not self._glued:
            self._open(call)
        if call.opened and call.held is None and is_complete(call.arguments):
            self._composer.close_tool(call.key)

    def _take_name(self, call: _Call, name: str | None) -> None:
        """A name may grow until the call is opened; then it stands."""
        if not name or call.opened or name == call.name:
            return
        call.name = name if len(name) >= len(call.name) else call.name

    def _take_arguments(self, call: _Call, text: str) -> None:
        if self._glued:
            call.said.append(text)
            return
        if not call.opened and call.name:
            self._open(call)
        if call.held is not None:
            self._settle(call, following=text)
        so_far = call.arguments
        if call.cumulative or self._cumulative:
            text = (
                text[len(so_far) :] if text.startswith(so_far) else ("" if so_far.startswith(text) else text)
            )
        elif not call.additive and len(so_far) >= _MIN_REPEAT and text.startswith(so_far):
            call.held = text
            return
        elif is_complete(so_far) and not text.isspace():
            # Whole arguments followed by more: a repetition in other spelling. The first one stands.
            self._composer.note("repeated_arguments", call.name)
            return
        self._say(call, text)

    def _settle(self, call: _Call, following: str | None = None) -> None:
        """Decides what a held fragment was, once something follows it or nothing more comes."""
        held, call.held = call.held or "", None
        so_far = call.arguments
        if following is not None:
            repeats = following.startswith(held) or is_complete(so_far)
        else:
            repeats = is_complete(so_far) or not is_complete(so_far + held)
        if repeats:
            call.cumulative = True
            self._say(call, held[len(so_far) :])
        else:
            call.additive = True
            self._say(call, held)

    def _say(self, call: _Call, text: str) -> None:
        if text:
            call.said.append(text)
            if call.opened:
                self._composer.arguments(call.key, text)

    def _open(self, call: _Call) -> None:
        call.opened = True
        self._composer.open_tool(call.key, self._lasting(call.id), call.name)
        for text in call.said:
            self._composer.arguments(call.key, text)

    def _lasting(self, id: str) -> str:
        """The vendor's id if it can tell this call from every other of the conversation, else none: the dialect makes one.

        Claude Code (2.1.330) takes two calls of one id for the same call.
        """
        if id in self._ids or _COUNTED.fullmatch(id):
            return ""
        self._ids.add(id)
        return id

    def _say_glued(self, call: _Call) -> None:
        for number, arguments in enumerate(split_objects(call.arguments)):
            key = (call.key, number)
            self._composer.open_tool(key, self._lasting(call.id) if number == 0 else "", call.name)
            self._composer.arguments(key, arguments)
            self._composer.close_tool(key)


def _text(arguments: Any) -> str:
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
