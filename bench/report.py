"""From rounds to results: medians, what was added over no proxy, ratios to nginx, and two aligned tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from bench.gateways import BARE, EARLIER, FULL
from bench.measure import Sample
from bench.memory import OpenStreams, Soak
from bench.workload import LANES

Row = tuple[str, str]
"""Subject and lane."""

CPU_FIGURES = ("plain_us", "stream_us", "burst_us", "paced_us")
CPU_HEADS = ("plain request", "stream request", "burst event", "paced event")
LATENCY_FIGURES = ("alone_ms", "together_ms", "volley_ms")


@dataclass(slots=True)
class Results:
    """Everything measured in one run, in the order it was measured."""

    rounds: dict[Row, list[Sample]] = field(default_factory=dict)
    memory: dict[Row, OpenStreams] = field(default_factory=dict)
    soaks: dict[str, Soak] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def median_of(results: Results, row: Row, figure: str) -> float:
    return statistics.median(_values(results, row, figure))


def ratio_to(results: Results, row: Row, other: str, figure: str) -> float | None:
    """The median over rounds of this row's figure divided by the other subject's, in the same round.

    A translated lane is compared with the raw lane that asks the upstream for the same. None where there is
    nothing to compare with.
    """
    against = (other, LANES[row[1]].baseline)
    return None if row == against else _ratio(results, row, against, figure)


def ratio_to_gateway(results: Results, lane: str, other: str, figure: str) -> float | None:
    """The same for the gateway as operators run it and another gateway, on one lane."""
    return _ratio(results, (FULL, lane), (other, lane), figure)


def _ratio(results: Results, row: Row, against: Row, figure: str) -> float | None:
    if against not in results.rounds or row not in results.rounds:
        return None
    pairs = zip(_values(results, row, figure), _values(results, against, figure), strict=True)
    ratios = [mine / theirs for mine, theirs in pairs if theirs > 0]
    return statistics.median(ratios) if ratios else None


def added_ms(results: Results, row: Row, figure: str) -> float | None:
    """The median over rounds of what the subject added to the direct run of the same round."""
    against = ("direct", LANES[row[1]].baseline)
    if row[0] == "direct" or against not in results.rounds:
        return None
    pairs = zip(_values(results, row, figure), _values(results, against, figure), strict=True)
    return statistics.median(mine - direct for mine, direct in pairs)


def _values(results: Results, row: Row, figure: str) -> list[float]:
    return [getattr(sample, figure) for sample in results.rounds[row]]


def render(results: Results) -> str:
    parts = [render_cpu(results), render_latency(results)] if results.rounds else []
    if parts and (own := render_own(results)):
        parts.insert(1, own)
    if results.memory:
        parts.append(render_memory(results))
    parts += [render_soak(name, soak) for name, soak in results.soaks.items()]
    return "\n\n".join([*parts, *results.notes])


def render_cpu(results: Results) -> str:
    def cell(row: Row, figure: str) -> str:
        ratio = ratio_to(results, row, "nginx", figure)
        return f"{median_of(results, row, figure):.1f}" + (f" ({ratio:.1f}x)" if ratio is not None else "")

    table = _by_row(results.rounds, ("CPU µs per", *CPU_HEADS), CPU_FIGURES, cell)
    return f"{table}\n(x: times nginx in the same run; direct: the CPU of the upstream simulator itself)"


def render_own(results: Results) -> str:
    """What accounts, keys and the request log cost; empty where there is no gateway to compare with."""
    rows = [
        (row, [ratio_to_gateway(results, row[1], row[0], figure) for figure in CPU_FIGURES])
        for row in results.rounds
        if row[0] in {BARE, EARLIER} and (FULL, row[1]) in results.rounds
    ]
    if not rows:
        return ""
    lines = [[*row, *("-" if ratio is None else f"{ratio:.2f}x" for ratio in ratios)] for row, ratios in rows]
    return f"{align([[f'CPU of {FULL}, times', 'lane', *CPU_HEADS], *lines])}\n(median of the ratios within each round)"


def render_latency(results: Results) -> str:
    def cell(row: Row, figure: str) -> str:
        added = added_ms(results, row, figure)
        return f"{median_of(results, row, figure):.2f}" if added is None else f"{added:+.2f}"

    heads = ("first token, ms", "1 at a time", "32 under way", "32 in a volley")
    table = _by_row(results.rounds, heads, LATENCY_FIGURES, cell)
    return f"{table}\n(+: added to direct in the same run; time that the upstream itself took is in none of them)"


def render_memory(results: Results) -> str:
    counts = sorted(next(iter(results.memory.values())).kib)
    heads = ["PSS, KiB", "lane", *(f"{count} open" for count in counts), "per stream"]
    lines = [
        [*row, *(str(held.kib[count]) for count in counts), f"{held.per_stream_kib:.1f}"]
        for row, held in results.memory.items()
    ]
    return align([heads, *lines])


def render_soak(name: str, soak: Soak) -> str:
    heads = [f"{name}: requests answered", "PSS, KiB"]
    verdict = "flat" if soak.is_flat else "NOT FLAT"
    table = align([heads, *([str(count), str(kib)] for count, kib in soak.kib.items())])
    return f"{table}\ngrowth after the first fifth: {soak.growth_kib} KiB: {verdict}"


def _by_row(
    rows: Mapping[Row, object],
    heads: Sequence[str],
    figures: Sequence[str],
    cell: Callable[[Row, str], str],
) -> str:
    lines = [[*row, *(cell(row, figure) for figure in figures)] for row in rows]
    return align([[heads[0], "lane", *heads[1:]], *lines])


def align(lines: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart, the first two to the left and figures to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = (
        "  ".join(
            text.ljust(w) if at < 2 else text.rjust(w)
            for at, (text, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
    return "\n".join(line.rstrip() for line in aligned)


def as_json(results: Results) -> dict[str, object]:
    """Every round of every row, for later comparison, next to the medians and ratios that the tables show."""
    return {
        "rows": [
            {
                "subject": row[0],
                "lane": row[1],
                "median": {
                    figure: median_of(results, row, figure) for figure in CPU_FIGURES + LATENCY_FIGURES
                },
                "times_nginx": {figure: ratio_to(results, row, "nginx", figure) for figure in CPU_FIGURES},
                "isthmus_times_this": {
                    figure: ratio_to_gateway(results, row[1], row[0], figure) for figure in CPU_FIGURES
                },
                "added_ms": {figure: added_ms(results, row, figure) for figure in LATENCY_FIGURES},
                "rounds": [asdict(sample) for sample in samples],
            }
            for row, samples in results.rounds.items()
        ],
        "memory": [
            {"subject": row[0], "lane": row[1], "pss_kib": held.kib, "per_stream_kib": held.per_stream_kib}
            for row, held in results.memory.items()
        ],
        "soak": [
            {"subject": name, "pss_kib": soak.kib, "growth_kib": soak.growth_kib, "flat": soak.is_flat}
            for name, soak in results.soaks.items()
        ],
        "notes": results.notes,
    }
