"""What goes wrong within an answer: errors as frames, connections that break, frames that cannot be right."""

from __future__ import annotations

from collections.abc import Callable

from isthmus.simulators.amazon_q import faults, frames
from isthmus.simulators.amazon_q.answers import Cut, Step
from isthmus.simulators.amazon_q.draft import Draft
from isthmus.simulators.amazon_q.tool_rules import refuse_rich_schemas


def exception(draft: Draft, argument: str) -> None:
    """The fault named (500), as an exception in the stream, before any text."""
    shown = _as_exception(argument or "500")
    draft.edits.append(lambda _: [shown])


def exception_after(draft: Draft, argument: str) -> None:
    """The same after some text."""
    shown = _as_exception(argument or "500")
    draft.edits.append(lambda steps: [*steps[: len(steps) // 2], shown])


def error_frame(draft: Draft, argument: str) -> None:
    """The fault named (500), as an error frame after some text."""
    row = faults.FAULTS[argument or "500"]
    shown = frames.error(row.name, row.message)
    draft.edits.append(lambda steps: [*steps[: len(steps) // 2], shown])


def invalid_state(draft: Draft, _: str) -> None:
    """An `invalidStateEvent` after some text."""
    shown = frames.event(
        "invalidStateEvent", {"reason": "INVALID_TASK_ASSIST_PLAN", "message": "The state is not valid."}
    )
    draft.edits.append(lambda steps: [*steps[: len(steps) // 2], shown])


def _as_exception(name: str) -> bytes:
    row = faults.FAULTS[name]
    shown = "error" if row.status >= 500 else row.name[:1].lower() + row.name[1:]
    return frames.exception(shown, {"message": row.message, "reason": row.reason})


def cut(draft: Draft, _: str) -> None:
    """The connection breaks in the middle of a frame."""
    draft.edits.append(lambda steps: [*_half(steps), _halved(steps), Cut()])


def cut_at_border(draft: Draft, _: str) -> None:
    """The connection breaks between two frames."""
    draft.edits.append(lambda steps: [*_half(steps), Cut()])


def cut_first(draft: Draft, _: str) -> None:
    """The connection breaks after the headers."""
    draft.edits.append(lambda _: [Cut()])


def cut_inside_a_call(draft: Draft) -> None:
    """The connection breaks between the events of a call, or in the middle where there is none."""

    def edit(steps: list[Step]) -> list[Step]:
        calls = [at for at, step in enumerate(steps) if isinstance(step, bytes) and b"toolUseEvent" in step]
        return [*steps[: calls[len(calls) // 2]], Cut()] if calls else [*_half(steps), Cut()]

    draft.edits.append(edit)


def ends_early(draft: Draft, _: str) -> None:
    """The body ends well by HTTP, in the middle of a frame."""
    draft.edits.append(lambda steps: [*_half(steps), _halved(steps)])


def closes(draft: Draft, _: str) -> None:
    """A body without a length, ended by closing the connection; the answer is whole."""
    draft.clean_end = False


def crc(edit: Callable[[bytes], bytes]) -> Callable[[Draft, str], None]:
    def behaviour(draft: Draft, _: str) -> None:
        def spoil(steps: list[Step]) -> list[Step]:
            at = len(steps) // 2
            return [
                edit(step) if n == at and isinstance(step, bytes) else step for n, step in enumerate(steps)
            ]

        draft.edits.append(spoil)

    return behaviour


def strict_schemas(draft: Draft, _: str) -> None:
    """Refuses tool schemas with more than the simplest keywords."""
    refuse_rich_schemas(draft.chat.tools)


def _half(steps: list[Step]) -> list[Step]:
    return steps[: len(steps) // 2]


def _halved(steps: list[Step]) -> bytes:
    step = steps[len(steps) // 2]
    return step[: len(step) // 2] if isinstance(step, bytes) else b""
