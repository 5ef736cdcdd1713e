"""Calls in the text of an answer: which there are, which only look like it, and that cuts do not matter."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isthmus.providers.claude_web.tool_tags import CallPiece, Piece, TagReader, TextPiece

CALL = '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'
MADE = CallPiece("f", '{"a": 1}')


def read(*texts: str, names: tuple[str, ...] = ("f", "g"), single: bool = False) -> list[Piece]:
    """What the pieces of an answer come to, with texts that stand together joined."""
    reader = TagReader(names, single=single)
    pieces = [piece for text in texts for piece in reader.feed(text)] + reader.close()
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, TextPiece) and joined and isinstance(joined[-1], TextPiece):
            joined[-1] = TextPiece(joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def test_text_and_then_a_call() -> None:
    assert read(f"Let me look.\n\n{CALL}\n") == [TextPiece("Let me look."), MADE]


def test_several_calls() -> None:
    other = '<tool_call>{"name":"g"}</tool_call>'
    assert read(f"{CALL}\n{other}{CALL}") == [MADE, CallPiece("g", "{}"), MADE]


def test_text_behind_a_call() -> None:
    assert read(f"{CALL}\n\nAnd then \n") == [MADE, TextPiece("And then \n")]


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ('{"name":"f","arguments":{"n": 1.0e5, "b":[ ]}}', '{"n": 1.0e5, "b":[ ]}'),
        ('\n  {"arguments": {}, "name": "f", "id": "call_7"}\n', "{}"),
        ('{"name":"f"}', "{}"),
        ('{"name":"f","arguments":null}', "{}"),
        ('{"name":"f","arguments":""}', "{}"),
        ('{"name":"f","arguments":"{\\"a\\":1}"}', '{"a":1}'),
        ('{"name":"f","input":{"a":1}}', '{"a":1}'),
        ('{"name":"f","parameters":{"a":1}}', '{"a":1}'),
        ('```json\n{"name":"f","arguments":{"a":1}}\n```', '{"a":1}'),
        ('{"name":"f","arguments":{"a":"one\ntwo\ttab"}}', '{"a": "one\\ntwo\\ttab"}'),
        (
            '{"name":"f","arguments":{"a":"</tool_call> \\" </tool_call>"}}',
            '{"a":"</tool_call> \\" </tool_call>"}',
        ),
        (r'{"name":"f","arguments":{"a":"c:\\"}}', r'{"a":"c:\\"}'),
    ],
)
def test_what_can_be_read_is_a_call(body: str, arguments: str) -> None:
    assert read(f"<tool_call>{body}</tool_call>") == [CallPiece("f", arguments)]


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>{not JSON}</tool_call>",
        '<tool_call>{"name":"f","arguments":[1]}</tool_call>',
        '<tool_call>{"name":"f","arguments":"words"}</tool_call>',
        '<tool_call>{"name":5,"arguments":{}}</tool_call>',
        '<tool_call>{"name":"","arguments":{}}</tool_call>',
        '<tool_call>{"arguments":{}}</tool_call>',
        '<tool_call>["f"]</tool_call>',
        '<tool_call>{"name":"unheard_of","arguments":{}}</tool_call>',
        f"```\n{CALL}\n```",
        f"So:\n~~~~xml\n{CALL}\n~~~\n{CALL}\n",
        "<tool_call> is how I call tools.",
        "An end </tool_call> without a beginning",
        '<tool_call>{"name":"f","arguments":{"a":',
        "<tool_call>",
        "<tool_result> of nobody's call",
        "  Blanks all around \n\n",
        "a < b, <tool_",
    ],
)
def test_everything_else_is_text_unchanged(text: str) -> None:
    assert read(text) == [TextPiece(text)]


def test_a_reader_that_knows_no_names_takes_any() -> None:
    assert read('<tool_call>{"name":"any"}</tool_call>', names=()) == [CallPiece("any", "{}")]


def test_code_that_ended_hides_no_call() -> None:
    assert read(f"```py\nx = 1\n```\n{CALL}") == [TextPiece("```py\nx = 1\n```"), MADE]
    assert read(f"```span``` of code\n{CALL}") == [TextPiece("```span``` of code"), MADE]


def test_a_call_that_breaks_off_after_its_last_brace_is_one() -> None:
    assert read('<tool_call>{"name":"f","arguments":{"a": 1}}') == [MADE]
    assert read('<tool_call>{"name":"f","arguments":{"a": 1}}</tool_c') == [
        TextPiece('<tool_call>{"name":"f","arguments":{"a": 1}}</tool_c')
    ]


def test_an_unreadable_call_hides_none_that_follows() -> None:
    broken = '<tool_call>{"name":"f","arguments":{"a":"quote " here"}}</tool_call>'
    assert read(broken + CALL + "\nyes") == [TextPiece(broken), MADE, TextPiece("yes")]


def test_results_that_the_model_makes_up_are_dropped() -> None:
    reader = TagReader(("f",))
    made_up = '\n<tool_result tool_call_id="1">sunny</tool_result>\nIt is sunny.'
    assert reader.feed(CALL + made_up) == [MADE]
    assert reader.feed(" Very.") == []
    assert (reader.close(), reader.dropped) == ([], len(made_up) - 1 + len(" Very."))


def test_one_call_where_the_client_takes_one() -> None:
    assert read(CALL + CALL + "words", single=True) == [MADE]


def test_text_streams() -> None:
    reader = TagReader(("f",))
    assert reader.feed("Words, ") == [TextPiece("Words,")]
    assert reader.feed("more <to") == [TextPiece(" more")]
    assert reader.feed("p> and <tool_call> so on") == [
        TextPiece(" <top> and"),
        TextPiece(" <tool_call>"),
        TextPiece(" so on"),
    ]


WORDS = st.sampled_from(
    [
        CALL,
        "<tool_call>",
        "</tool_call>",
        "<tool_result",
        "</tool_result>",
        '{"name":"f"}',
        '{"name":"g","arguments":{"x":"</tool_call>"}}',
        '"',
        "\\",
        "```",
        "\n",
        "~~~\n",
        " ",
        "word",
        "<",
        "{",
        "é\U0001f600",
    ]
)
ANSWERS = st.lists(WORDS, max_size=14).map("".join)


@given(ANSWERS, st.lists(st.integers(0, 200), max_size=8), st.booleans())
@example(CALL, list(range(len(CALL))), False)
@example('<tool_call>{"name":"f","arguments":{"a":"\\\\"}}</tool_call>', list(range(60)), True)
def test_where_the_text_is_cut_does_not_matter(answer: str, cuts: list[int], single: bool) -> None:
    marks = [0, *sorted(min(cut, len(answer)) for cut in cuts), len(answer)]
    parts = [answer[begin:end] for begin, end in pairwise(marks)]
    assert read(*parts, single=single) == read(answer, single=single)


@given(st.text().filter(lambda text: "<tool_call>" not in text), st.integers(0, 50))
def test_text_without_tags_passes_unchanged(text: str, at: int) -> None:
    assert read(text[:at], text[at:]) == ([TextPiece(text)] if text else [])


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text(), max_size=3), max_size=4))
def test_any_arguments_come_through(arguments: dict[str, object]) -> None:
    text = json.dumps(arguments, ensure_ascii=False)
    assert read(f'<tool_call>{{"name":"f","arguments":{text}}}</tool_call>') == [CallPiece("f", text)]
