"""The command line: `python -m bench --help`."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.client import BadAnswer
from bench.gateways import NoSuchCommit
from bench.loop import new_event_loop
from bench.plan import DEFAULT, QUICK
from bench.report import as_json, render
from bench.run import SUBJECTS, Order, carry_out
from bench.subjects import NotReady
from bench.workload import DEFAULT_LANES, LANES


def parse_order(arguments: Sequence[str] | None = None) -> tuple[Order, Path | None]:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="What the gateway costs, beside nginx."
    )
    parser.add_argument("--quick", action="store_true", help="one short round (about half a minute)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every round to FILE")
    parser.add_argument("--rounds", type=_count, metavar="N", help="rounds to take the median of")
    parser.add_argument(
        "--subjects", type=_names(SUBJECTS), default=SUBJECTS, metavar="A,B", help=", ".join(SUBJECTS)
    )
    parser.add_argument(
        "--lanes", type=_names(LANES), default=DEFAULT_LANES, metavar="A,B", help=", ".join(LANES)
    )
    parser.add_argument(
        "--soak",
        type=_count,
        nargs="?",
        const=100_000,
        default=0,
        metavar="N",
        help="instead: memory over N requests (default 100000); exit code 1 when it is not flat",
    )
    parser.add_argument(
        "--before",
        metavar="COMMIT",
        help="also measure the gateway as of this commit, on today's dependencies",
    )
    asked = parser.parse_args(arguments)
    plan = QUICK if asked.quick else DEFAULT
    plan = plan if asked.rounds is None else replace(plan, rounds=asked.rounds)
    if asked.soak and asked.soak < plan.soak_steps:
        parser.error(f"--soak needs at least {plan.soak_steps} requests")
    return Order(plan, asked.subjects, asked.lanes, asked.soak, asked.before), asked.json


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _names(known: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    """A comma-separated choice of known names, in the known order."""
    names = tuple(known)

    def parse(text: str) -> tuple[str, ...]:
        asked = text.split(",")
        for name in asked:
            if name not in names:
                raise argparse.ArgumentTypeError(f"unknown name {name!r}: pick from {', '.join(names)}")
        return tuple(name for name in names if name in asked)

    return parse


def main() -> int:
    if sys.platform != "linux":
        print("the benchmark reads /proc and runs on Linux only", file=sys.stderr)
        return 2
    order, json_file = parse_order()
    started = time.monotonic()
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            results = runner.run(carry_out(order))
    except (BadAnswer, NoSuchCommit, NotReady, TimeoutError) as error:
        print(f"the run was given up: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(render(results))
    print(f"\n{time.monotonic() - started:.0f} s, Python {platform.python_version()}, {platform.release()}")
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(results), indent=1) + "\n")
    return 0 if all(soak.is_flat for soak in results.soaks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
