"""Every case of the conformance list, also those that need more than HTTP and one upstream to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from isthmus.conformance.case import TRANSLATED, Case
from isthmus.conformance.cast import DUMMY
from isthmus.conformance.run import CASES
from isthmus.conformance.subject import Lane

LIVE: Final = "any model"
DUMMY_ONLY: Final = "the dummy provider"
SUITE_ONLY: Final = "the test suite, on simulated upstreams"
_VENDOR: Final = "tests/clients/test_vendor_behaviours.py"
_ENGINE: Final = "tests/conformance/test_simulated.py"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `files` are the tests that judge what `isthmus conformance` cannot."""

    id: str
    demands: str
    judged: str
    files: tuple[str, ...] = ()


def _suite(id: str, demands: str, *files: str) -> Row:
    return Row(id, demands, SUITE_ONLY, files)


BEYOND: Final = (
    _suite(
        "REQ-10",
        "an image given by address is fetched for models that cannot; private addresses are refused",
        "tests/shaping/test_inline_images.py",
        "tests/transport/test_fetch.py",
    ),
    _suite(
        "REQ-18",
        "temperature 1.7 is clamped or left out by Claude model",
        "tests/providers/anthropic/test_request.py",
    ),
    _suite(
        "REQ-20",
        "thinking and effort of Messages in the vendor's own switches",
        "tests/providers/openai_compatible/test_reasoning.py",
    ),
    _suite(
        "REQ-21",
        "reasoning effort of Chat as thinking, by Claude model",
        "tests/providers/anthropic/test_thinking.py",
    ),
    _suite(
        "REQ-22",
        "thinking of other vendors in the history does not reach Claude",
        "tests/providers/anthropic/test_forward.py",
    ),
    _suite(
        "REQ-23",
        "the same goes back to DeepSeek as reasoning_content",
        "tests/providers/openai_compatible/test_messages.py",
    ),
    _suite("STR-03", "text before reasoning, reasoning again after a tool", _VENDOR),
    _suite("STR-04", "reasoning, text, call and finish in one chunk", _VENDOR),
    _suite("STR-05", "calls without an index", _VENDOR),
    _suite("STR-06", "two calls that both have index 0", _VENDOR),
    _suite("STR-07", "two calls at once, their arguments in turns", _VENDOR),
    _suite("STR-08", "arguments that repeat what came before", _VENDOR),
    _suite("STR-09", "name and id in every delta", _VENDOR),
    _suite("STR-10", "arguments as an object, as null, or missing", _VENDOR),
    _suite("STR-11", "think tags in the text, split or never closed", _VENDOR),
    _suite("STR-12", "usage in the last chunk, in every one, beside the finish, or never", _VENDOR),
    _suite("STR-13", "finish twice, null deltas, empty choices", _VENDOR),
    _suite("STR-14", "every line end and framing of SSE, cut anywhere", "tests/wire/test_sse.py", _VENDOR),
    Row("STR-19", "Messages to Responses and back", "nothing yet: Responses is not spoken"),
    Row("STR-20", "a Responses upstream", "nothing yet: Responses is not spoken"),
    _suite(
        "ERR-02",
        "Claude Code compacts a conversation that grew too long",
        "tests/clients/test_claude_code.py",
    ),
    _suite("ERR-03", "another account is tried", "tests/faults/test_accounts.py"),
)


def rows(cases: Iterable[Case] = CASES) -> list[Row]:
    """The whole list in its order; a case of several parts has a row for each."""
    listed = [*map(_row, cases), *BEYOND]
    groups = {"REQ": 0, "RSP": 1, "STR": 2, "ERR": 3, "AUX": 4}
    return sorted(listed, key=lambda row: (groups[row.id[:3]], row.id))


def table() -> str:
    """The list as Markdown."""
    return "\n".join(_lines(rows()))


def _row(case: Case) -> Row:
    demands = _where(case)
    if case.witnessed:
        return Row(case.id, demands, SUITE_ONLY, (_ENGINE,))
    if case.role is None:
        return Row(case.id, demands, LIVE)
    if case.role in DUMMY.parts:
        return Row(case.id, demands, DUMMY_ONLY)
    return Row(case.id, demands, SUITE_ONLY, (_ENGINE,))


def _where(case: Case) -> str:
    if case.lanes == TRANSLATED:
        return f"{case.title} (where something is translated)"
    return f"{case.title} (where nothing is)" if case.lanes == {Lane.RAW} else case.title


def _lines(listed: Iterable[Row]) -> Iterator[str]:
    yield "| case | what it demands | judged on |"
    yield "| --- | --- | --- |"
    for row in listed:
        files = ", ".join(f"`{file}`" for file in row.files)
        judged = f"{row.judged} ({files})" if files else row.judged
        yield f"| {row.id} | {row.demands} | {judged} |"
