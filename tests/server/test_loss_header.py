from __future__ import annotations

from isthmus.core.losses import Action, Loss
from isthmus.server.loss_header import loss_header, tell_losses


def test_the_header_is_told_anew_in_the_place_of_the_old() -> None:
    headers = [(b"request-id", b"req_1")]
    tell_losses(headers, (Loss("seed", Action.DROPPED),))
    tell_losses(headers, (Loss("top_k", Action.DROPPED),))
    assert headers == [(b"request-id", b"req_1"), (b"x-isthmus-loss", b"top_k=dropped")]
    tell_losses(headers, ())
    assert headers == [(b"request-id", b"req_1")]


def test_a_loss_header_stays_a_header() -> None:
    assert loss_header((Loss("a\nb", Action.DROPPED, "x, y\r\n"),)) == b"ab=dropped(x y)"
    many = loss_header(tuple(Loss(f"field{number}", Action.DROPPED) for number in range(1000)))
    assert len(many) < 2100
    assert many.endswith(b"...")
