"""Figures keep their meaning and their names on the way out."""

from dataclasses import fields

from isthmus.admin.figures import FiguresView, GroupView
from isthmus.control.statistics import Figures, Group, Latency

FIGURES = Figures(
    9, 7, 1, 1, 0.875, 0.5, 12.5, 1, 2, 3, 4, 5, 6, 2_500_000_000, Latency(1, 2, 3), Latency(None, 4, 5)
)


def test_every_figure_is_shown() -> None:
    shown = FiguresView.of(FIGURES).model_dump()
    renamed = {"cost_nano_usd": "cost_usd", "duration": "duration_ms", "first_token": "first_token_ms"}
    assert set(shown) == {renamed.get(each.name, each.name) for each in fields(Figures)}
    assert (shown["cost_usd"], shown["success_rate"], shown["client_left"]) == (2.5, 0.875, 1)
    assert (shown["duration_ms"], shown["first_token_ms"]["p50"]) == ({"p50": 1, "p90": 2, "p99": 3}, None)


def test_a_group_says_when_and_who() -> None:
    timed = GroupView.of(Group(1_790_000_000_000, None, FIGURES))
    assert '"at":"2026-09-21T14:13:20.000Z","name":null' in timed.model_dump_json()
    assert GroupView.of(Group(None, "claude", FIGURES)).at is None
