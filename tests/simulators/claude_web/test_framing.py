import json

import pytest

from isthmus.simulators.claude_web.framing import Cut, Framing

EVENT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Grüße 你好 🙂"}}


def test_a_frame_is_a_name_a_line_of_json_and_a_blank_line() -> None:
    name, data, *rest = Framing().frame(EVENT).decode().split("\n")
    assert name == "event: content_block_delta"
    assert json.loads(data.removeprefix("data: ")) == EVENT
    assert rest == ["", ""]
    assert Framing().frame({"completion": "x"}).startswith(b"event: completion\n")


def test_lines_may_end_in_crlf() -> None:
    frame = Framing(crlf=True).frame(EVENT)
    assert frame.endswith(b"\r\n\r\n") and frame.count(b"\n") == frame.count(b"\r\n") == 3


def test_a_ping_is_a_comment() -> None:
    assert Framing().ping("noon") == b": ping - noon\n\n"


def test_a_malformed_frame_is_a_frame_without_json() -> None:
    data = Framing().malformed().decode().split("\n")[1].removeprefix("data: ")
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(data)


@pytest.mark.parametrize("cut", Cut)
def test_pieces_are_the_same_bytes(cut: Cut) -> None:
    frame = Framing().frame(EVENT)
    pieces = list(Framing(cut=cut).pieces(frame))
    assert b"".join(pieces) == frame
    assert (len(pieces) == 1) is (cut is Cut.FRAMES)


def test_cuts_come_inside_characters_and_inside_lines() -> None:
    frame = Framing().frame(EVENT)
    undecodable = 0
    for piece in Framing(cut=Cut.CHARACTERS).pieces(frame):
        try:
            piece.decode()
        except UnicodeDecodeError:
            undecodable += 1
    assert undecodable > 5
    assert all(b"\n" not in piece[:-2] for piece in list(Framing(cut=Cut.LINES).pieces(frame))[:4])


def test_a_long_line_is_not_cut_into_thousands() -> None:
    frame = Framing().frame({"type": "x", "text": "y" * 200_000})
    assert len(list(Framing(cut=Cut.LINES).pieces(frame))) < 100
