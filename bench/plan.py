"""How much is measured: every phase is bounded in count or time, so that a run has a known length."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int = 3
    plain_requests: int = 800
    connections: int = 8
    """On which plain requests and bursts are asked, each busy all the time."""
    short_events: int = 50
    short_requests: int = 400
    long_events: int = 1050
    long_requests: int = 60
    behind_s: float = 0.8
    """What a gateway writes behind its answers is waited for and counted: rows wait half a second for company."""
    paced_streams: int = 40
    paced_s: float = 1.6
    first_token_alone: int = 100
    together: int = 32
    first_token_rounds: int = 8
    """Requests per connection with `together` connections under way."""
    volleys: int = 6
    model_delay_ms: int = 60
    """How long the simulated model thinks before its first token, when many are asked together."""
    open_streams: tuple[int, ...] = (100, 1000)
    settle_s: float = 1.0
    soak_steps: int = 10
    phase_timeout_s: float = 60.0


DEFAULT = Plan()
QUICK = Plan(
    rounds=1,
    plain_requests=400,
    short_requests=200,
    long_requests=16,
    paced_s=0.8,
    first_token_alone=50,
    first_token_rounds=4,
    volleys=3,
    settle_s=0.5,
)
