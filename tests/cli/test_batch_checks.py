"""`--dry-run` sees what the gateway would refuse, and where."""

from typing import Any

import pytest

from cli.batch_rows import chat, lines, message
from isthmus import registry
from isthmus.batch.lines import LineFault
from isthmus.cli.batch_checks import Checks


@pytest.fixture
def checks() -> Checks:
    return Checks(registry.dialects())


def spoiled(row: dict[str, Any], **fields: Any) -> dict[str, Any]:
    row["params" if "params" in row else "body"].update(fields)
    return row


def test_sound_lines_are_counted(checks: Checks) -> None:
    for line in lines(chat("a"), message("b"), message("c", text="word " * 400)):
        checks(line)
    assert 400 < checks.input_tokens < 800


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (spoiled(chat("a"), messages="x"), "body.messages"),
        (
            spoiled(chat("a"), messages=[{"role": "user", "content": [{"type": "nothing"}]}]),
            "body.messages.0",
        ),
        (spoiled(message("a"), max_tokens="many"), "params.max_tokens"),
        (spoiled(message("a"), messages=[{"role": "user"}]), "params.messages.0"),
        (chat("a", url="/v1/completions"), "body.prompt"),
    ],
)
def test_a_mistake_is_named_with_its_field(checks: Checks, row: dict[str, Any], field: str) -> None:
    with pytest.raises(LineFault) as raised:
        checks(lines(row)[0])
    assert raised.value.field.startswith(field)
    assert str(raised.value).count(field) == 1


def test_embeddings_are_left_to_the_vendor(checks: Checks) -> None:
    checks(lines(chat("a", url="/v1/embeddings"))[0])
    assert checks.input_tokens == 0
