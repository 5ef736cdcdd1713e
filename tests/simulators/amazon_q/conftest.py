"""A simulator that does not listen, by a clock that stands still."""

import pytest

from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Simulator:
    return Simulator(["builder_id"], clock=clock)
