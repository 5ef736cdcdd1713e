"""No secret gets through, however it is written; everything else does."""

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.secret import Secret
from isthmus.observability.redaction import MASK, MIN_KNOWN_CHARS, Redaction

LOOKS_LIKE_A_SECRET = [
    ("key sk-proj-Ab12_cd34-ef56 refused", f"key {MASK} refused"),
    ("sk-ant-api03-abcdefgh", MASK),
    ('{"key":"gsk_AbCdEf123456"}', f'{{"key":"{MASK}"}}'),
    ("Authorization: Bearer abc.def-ghi/jkl=", f"Authorization: Bearer {MASK}"),
    ("Bearer token-0123 and bearer tokens3cret", f"Bearer {MASK} and bearer {MASK}"),
    ("{'authorization': 'bearer  tok3n'}", f"{{'authorization': 'bearer  {MASK}'}}"),
    ("x-api-key: my-own-key", f"x-api-key: {MASK}"),
    ("x-api-key: KEY-of-mine", f"x-api-key: {MASK}"),
    ("{'X-Api-Key': 'my-own-key', 'a': 1}", f"{{'X-Api-Key': '{MASK}', 'a': 1}}"),
    ("GET https://host/path?key=AIzaNothing&x=1", f"GET https://host/path?key={MASK}&x=1"),
    ("?access_token=abc123", f"?access_token={MASK}"),
    ("socks5://user:pass@127.0.0.1:1080", f"socks5://{MASK}@127.0.0.1:1080"),
    ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", f"token {MASK}"),
    ("AKIAIOSFODNN7EXAMPLE", MASK),
]


@pytest.mark.parametrize(("line", "shown"), LOOKS_LIKE_A_SECRET, ids=lambda value: value[:30])
def test_what_looks_like_a_secret_is_masked(line: str, shown: str) -> None:
    redaction = Redaction()
    assert redaction.text(line) == shown
    assert redaction.data(line.encode()) == shown.encode()


@pytest.mark.parametrize(
    "line",
    [
        "task-manager and disk-usage-report",
        '{"model":"risk-assessment-v2","input_tokens":12}',
        "https://api.example.com/v1/models?limit=10",
        "the bearer of this letter",
        "The bearer token included in the request is invalid.",
        "no API key: send one as `Authorization: Bearer KEY` or `x-api-key: KEY`",
        "monkey=3",
        "gpt-4o, claude-sonnet-5",
    ],
)
def test_ordinary_words_stay(line: str) -> None:
    assert Redaction([Secret("hunter2hunter2")]).text(line) == line


SPELLINGS: list[Callable[[str], str]] = [
    str,
    repr,
    json.dumps,
    lambda value: json.dumps(value, ensure_ascii=False),
]


@given(
    st.text(st.characters(exclude_characters="*<>"), min_size=MIN_KNOWN_CHARS, max_size=40),
    st.sampled_from(SPELLINGS),
)
def test_a_known_secret_is_masked_in_every_spelling(value: str, spelling: Callable[[str], str]) -> None:
    written = spelling(value)
    inside = written if spelling is str else written[1:-1]
    assert inside not in Redaction([Secret(value)]).text(f"<<{written}>>")


def test_a_secret_that_begins_another_leaves_no_rest() -> None:
    redaction = Redaction([Secret("abcd-efgh"), Secret("abcd-efgh-ijkl")])
    assert redaction.text("<abcd-efgh-ijkl>") == f"<{MASK}>"


def test_very_short_secrets_are_not_known() -> None:
    assert Redaction([Secret("on"), Secret("")]).text("once upon a time") == "once upon a time"


def test_bytes_that_are_no_text_do_not_stop_it() -> None:
    assert Redaction([Secret("hunter2")]).data(b"\xff hunter2") == "\N{REPLACEMENT CHARACTER} ***".encode()


def test_hostile_lines_take_no_time() -> None:
    started_s = time.perf_counter()
    for line in ("sk-" * 50_000, "://" + "a" * 100_000, "bearer " * 30_000, "eyJ" + "a." * 50_000):
        Redaction().text(line)
    assert time.perf_counter() - started_s < 5


def test_secrets_that_come_up_later_are_masked_too() -> None:
    redaction = Redaction([Secret("first-one")])
    redaction.know([Secret("second-one"), Secret("sk-ant-recognised-anyway")])
    assert redaction.text("first-one second-one sk-ant-recognised-anyway") == "*** *** ***"
    assert redaction.data(b"second-one") == b"***"


def test_what_looks_like_a_key_costs_no_line_anything() -> None:
    redaction = Redaction()
    before = len(redaction._hints)
    redaction.know(Secret(f"sk-ant-{number:020}") for number in range(500))
    assert len(redaction._hints) == before


def test_a_secret_that_is_good_for_nothing_any_more_is_forgotten() -> None:
    redaction = Redaction([Secret("former-token"), Secret("present-token")])
    redaction.forget([Secret("former-token"), Secret("never known")])
    assert redaction.text("former-token present-token") == f"former-token {MASK}"
    assert redaction.data(b"present-token") == MASK.encode()
