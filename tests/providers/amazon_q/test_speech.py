"""Text on its way to the client."""

from __future__ import annotations

from isthmus.core.compose import Composer
from isthmus.core.cutting import Cut
from isthmus.core.fold import Said, SaidText, SaidThinking, fold
from isthmus.providers.amazon_q.speech import Speech


def said(
    *pieces: str, stop: tuple[str, ...] = (), max_tokens: int | None = None
) -> tuple[tuple[Said, ...], Speech]:
    composer = Composer()
    speech = Speech(composer, stop, max_tokens)
    for piece in pieces:
        speech.text(piece)
    speech.flush()
    composer.finish()
    return fold(composer.take()).blocks, speech


def test_text_is_said_as_it_comes() -> None:
    composer = Composer()
    speech = Speech(composer, (), None)
    speech.text("Hel")
    assert len(composer.take()) == 3
    speech.text("lo")
    assert len(composer.take()) == 1
    assert (speech.characters, speech.has_text, speech.cut) == (5, True, None)


def test_tags_and_stop_strings_together() -> None:
    blocks, speech = said("<thinking>a STOP b</think", "ing>c ST", "OP d", stop=("STOP",))
    assert blocks == (SaidThinking("a STOP b"), SaidText("c "))
    assert (speech.cut, speech.stop_string) == (Cut.STOP_STRING, "STOP")


def test_what_was_held_back_is_said_at_the_end() -> None:
    assert said("<thin")[0] == (SaidText("<thin"),)
    assert said("<thinking>never closed")[0] == (SaidThinking("never closed"),)
    assert said("a ST", stop=("STOP",))[0] == (SaidText("a ST"),)
    assert said("a\ud83d")[0] == (SaidText("a\ufffd"),)
    assert said("a\ud83d", "\ude42")[0] == (SaidText("a🙂"),)


def test_the_limit_counts_thoughts_and_arguments_as_well() -> None:
    composer = Composer()
    speech = Speech(composer, (), 3)
    speech.thinking("1234")
    speech.arguments(4)
    assert speech.cut is None
    speech.text("12345")
    assert speech.cut is Cut.LENGTH
    speech.thinking("more")
    composer.finish()
    assert fold(composer.take()).blocks == (SaidThinking("1234"), SaidText("1234"))
    assert speech.characters == 12


def test_nothing_follows_a_cut() -> None:
    assert said("aXb", "c", stop=("X",))[0] == (SaidText("a"),)
    assert said("12345", "6", max_tokens=1)[0] == (SaidText("1234"),)
