import pytest

from isthmus.core.conversation import Text, ToolCall, ToolResult
from isthmus.core.errors import Kind, Next, UpstreamError, UpstreamProtocolError
from isthmus.core.events import BlockStarted, Failed, ToolHead
from isthmus.providers.dummy.failures import WINDOW_TOKENS, fails_with, measured_tokens, overloaded
from isthmus.providers.dummy.scene import Scene
from providers.dummy.stage import WEATHER, asking, play, user


@pytest.mark.parametrize(
    ("model", "kind", "status", "next", "retry_after_s"),
    [
        ("dummy-429", Kind.RATE_LIMIT, 429, Next.OTHER_ACCOUNT, 5.0),
        ("dummy-429-30", Kind.RATE_LIMIT, 429, Next.OTHER_ACCOUNT, 30.0),
        ("dummy-529", Kind.OVERLOADED, 529, Next.SAME, None),
        ("dummy-500", Kind.UPSTREAM, 500, Next.SAME, None),
        ("dummy-401", Kind.UPSTREAM, 401, Next.OTHER_ACCOUNT, None),
        ("dummy-garbage", Kind.UPSTREAM, 0, Next.SAME, None),
        ("dummy-overflow", Kind.CONTEXT_OVERFLOW, 400, Next.NOTHING, None),
    ],
)
def test_a_failure_before_anything_was_said(
    model: str, kind: Kind, status: int, next: Next, retry_after_s: float | None
) -> None:
    with pytest.raises(UpstreamError) as caught:
        play(asking("x"), model)
    error = caught.value
    assert (error.kind, error.status, error.next, error.retry_after_s) == (kind, status, next, retry_after_s)


def test_an_overflow_has_figures_that_show_one() -> None:
    with pytest.raises(UpstreamError) as caught:
        play(asking("word " * 400), "dummy-overflow")
    assert (caught.value.tokens, caught.value.limit) == (501, 500)
    assert caught.value.message == "prompt is too long: 501 tokens > 500 maximum"
    with pytest.raises(UpstreamError, match="2 tokens > 1 maximum"):
        play(asking("hi"), "dummy-overflow")


def test_compact_refuses_what_is_above_its_window() -> None:
    long = "word " * WINDOW_TOKENS
    with pytest.raises(UpstreamError) as caught:
        play(asking(long), "dummy-compact")
    assert caught.value.kind is Kind.CONTEXT_OVERFLOW
    assert caught.value.limit == WINDOW_TOKENS
    assert play(asking("short"), "dummy-compact").text
    assert play(asking(f"{long} Write a summary of this conversation."), "dummy-compact").text
    with pytest.raises(UpstreamError):
        play(asking("word " * 100), "dummy-compact-50")


def test_what_is_measured() -> None:
    block = ToolResult("a", (Text("x" * 40),))
    turns = (user("x" * 40), user(ToolCall("a", "n", '{"a":1}')), user(block))
    conversation = asking("", system=(Text("x" * 4000),))
    assert measured_tokens(conversation) == 1
    assert measured_tokens(type(conversation)("m", turns)) == 1 + (40 + 8 + 40) // 4


@pytest.mark.parametrize("model", ["dummy-cut-text", "dummy-cut-tool"])
def test_an_answer_that_breaks_off(model: str) -> None:
    played = play(asking("x", WEATHER), model)
    last = played.events[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.error, UpstreamProtocolError)
    heads = [event.head for event in played.events if isinstance(event, BlockStarted)]
    assert (isinstance(heads[-1], ToolHead)) is (model == "dummy-cut-tool")


def test_fails_with_says_nothing() -> None:
    with pytest.raises(UpstreamError, match="overloaded"):
        next(fails_with(overloaded)(Scene(asking("x"))))
