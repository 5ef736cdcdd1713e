"""What a batch remembers, and when it refuses to go on."""

import pytest
from msgspec.structs import replace

from isthmus.batch.journal import (
    VERSION,
    Header,
    JournalFault,
    Spent,
    Sums,
    check_same,
    is_unpriced,
    read_header,
    read_spent,
    write,
)
from isthmus.batch.lines import Format

HEADER = Header(VERSION, "ab" * 32, Format.OPENAI, 7, "m", None)
SPENT = Spent("a\n", 3, 1200, 100, 20, 20, 5_000)


def test_what_was_written_is_read_again() -> None:
    assert read_header(write(HEADER)) == HEADER
    assert read_spent(write(SPENT)) == SPENT
    assert write(SPENT).count(b"\n") == 1


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b'{"isthmus_batch":1', write(SPENT)])
def test_what_is_no_journal(raw: bytes) -> None:
    with pytest.raises(JournalFault, match="not a journal"):
        read_header(raw)


def test_a_journal_of_another_version() -> None:
    with pytest.raises(JournalFault, match=f"another version of isthmus .journal {VERSION + 1}."):
        read_header(write(replace(HEADER, isthmus_batch=VERSION + 1)))


def test_a_line_that_is_none() -> None:
    with pytest.raises(JournalFault):
        read_spent(b'{"x":1}')


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"input_sha256": "cd" * 32}, "the input has changed"),
        ({"model": None}, "with --model m and is now to go on without --model"),
        ({"provider": "p"}, "without --provider and is now to go on with --provider p"),
    ],
)
def test_another_batch_is_not_gone_on_with(changes: dict[str, str | None], says: str) -> None:
    check_same(HEADER, HEADER)
    with pytest.raises(JournalFault, match=says):
        check_same(HEADER, replace(HEADER, **changes))


def test_sums() -> None:
    sums = Sums()
    for spent in (SPENT, SPENT, Spent("b", input_tokens=1), Spent("c")):
        sums.add(spent)
    assert sums == Sums(4, 2400, 201, 40, 40, 10_000, 1)


def test_what_used_nothing_needs_no_price() -> None:
    assert is_unpriced(Spent("a", output_tokens=1))
    assert not is_unpriced(Spent("a"))
    assert not is_unpriced(Spent("a", output_tokens=1, nano_usd=0))
