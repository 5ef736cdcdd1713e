"""`python -m isthmus.simulators.amazon_q [--port N] [--account KIND]…`: the simulator as a process.

The first line on standard output is JSON: `url`, and `accounts` as an import takes them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

from isthmus.simulators.amazon_q.people import ROTATIONS
from isthmus.simulators.amazon_q.simulator import Simulator


async def _run(simulator: Simulator) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with simulator:
        accounts = [simulator.entry_of(each) for each in simulator.people.accounts.values()]
        print(json.dumps({"url": simulator.url, "accounts": accounts}), flush=True)  # noqa: T201 - its one line
        await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--account", action="append", default=[], metavar="KIND")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--access-ttl-s", type=float, default=3600.0)
    parser.add_argument("--rotation", choices=ROTATIONS, default="confirmed")
    given = parser.parse_args()
    asyncio.run(
        _run(
            Simulator(
                given.account,
                seed=given.seed,
                port=given.port,
                access_ttl_s=given.access_ttl_s,
                rotation=given.rotation,
            )
        )
    )


if __name__ == "__main__":
    main()
