"""Conversations that are remembered are data: two that say the same are the same, and nobody changes one in place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from isthmus.core.conversation import Role, Text, Turn
from isthmus.core.remembered import Particulars, Recalled, Remembered


def test_what_is_recalled_stays_as_it_was() -> None:
    remembered = Remembered("conv_1", Particulars(title="a"), 1, 2, 1)
    recalled = Recalled(remembered, (Turn(Role.USER, (Text("hi"),)),), 3)
    assert recalled == Recalled(
        Remembered("conv_1", Particulars(title="a"), 1, 2, 1), (Turn(Role.USER, (Text("hi"),)),), 3
    )
    with pytest.raises(FrozenInstanceError):
        recalled.revision = 4  # type: ignore[misc]
    assert Particulars().metadata == {}
