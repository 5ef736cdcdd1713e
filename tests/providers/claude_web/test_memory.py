import pytest

from isthmus.core.errors import Next, Scope, UpstreamError
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.errors import Refusals, Refused
from isthmus.providers.claude_web.memory import BLOCKED_S, MOST_REFUSED, Memory


class Clock:
    now_s = 1000.0


def refusals() -> Refusals:
    return Refusals("mine", lambda: Clock.now_s)


def met(memory: Memory, case: cases.Case, now_s: float = 1000.0) -> Refused:
    error = refusals().refused(case, detail="x")
    memory.met(error, now_s)
    return error


def test_a_blocked_path() -> None:
    memory = Memory()
    memory.check_path(refusals())
    assert met(memory, cases.BOT_CHECK, 900).retry_after_s == BLOCKED_S
    with pytest.raises(UpstreamError) as caught:
        memory.check_path(refusals())
    assert caught.value.next is Next.NOTHING
    assert caught.value.retry_after_s == BLOCKED_S - 100
    memory.met(refusals().refused(cases.BOT_CHECK), 1000 - BLOCKED_S)
    memory.check_path(refusals())


def test_refusals_in_a_row() -> None:
    memory = Memory()
    scopes = [met(memory, cases.PERMISSION).scope for _ in range(MOST_REFUSED)]
    assert scopes == [Scope.MODEL, Scope.MODEL, Scope.CREDENTIAL]
    memory.answered()
    assert met(memory, cases.PERMISSION).scope is Scope.MODEL


@pytest.mark.parametrize(
    ("case", "waits"),
    [
        (cases.BUSY, [5, 10, 20, 40, 60, 60]),
        (cases.LIMITED_SOMEHOW, [5, 10, 20, 40, 60, 60]),
        (cases.RATE_LIMITED, [60, 120, 240, 480, 900, 900]),
        (cases.OVERLOADED, [None, None]),
    ],
)
def test_rests_grow(case: cases.Case, waits: list[float | None]) -> None:
    memory = Memory()
    errors = [met(memory, case, 1000.0 * (1 + number)) for number in range(len(waits))]
    assert [error.cooldown_s for error in errors] == waits
    assert [error.retry_after_s for error in errors] == waits
    memory.answered()
    assert met(memory, case).cooldown_s == waits[0]


@pytest.mark.parametrize(("case", "first_s"), [(cases.BUSY, 5), (cases.RATE_LIMITED, 60)])
def test_a_burst_that_is_refused_is_one_refusal(case: cases.Case, first_s: float) -> None:
    memory = Memory()
    assert [met(memory, case, 1000 + 0.1 * number).cooldown_s for number in range(6)] == [first_s] * 6
    assert met(memory, case, 1000 + first_s).cooldown_s == 2 * first_s


def test_a_limit_without_a_time_is_an_hour() -> None:
    error = refusals().limit({"type": "exceeded_limit"})
    assert error is not None
    Memory().met(error, 1000)
    assert error.cooldown_s == 3600
