"""The simulator as a process: `python -m isthmus.simulators.claude_web --account anna:pro --account ben:free`.

The first line on stdout is the address; each further one is an account, as JSON with its name, plan, organization and key.
It runs until SIGINT or SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from isthmus.simulators.claude_web.plans import Plan
from isthmus.simulators.claude_web.server import Simulator


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _run(port: int, seed: int, accounts: list[str]) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Simulator(port=port, seed=seed) as simulator:
        _say(simulator.url)
        for each in accounts:
            name, _, plan = each.partition(":")
            made = simulator.add_account(name, plan or Plan.PRO)
            shown = {"name": made.name, "plan": made.plan, "org": made.org.uuid, "key": made.key}
            _say(json.dumps(shown))
        await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="isthmus.simulators.claude_web", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one (default)")
    parser.add_argument("--seed", type=int, default=1, help="of all ids and keys")
    parser.add_argument("--account", action="append", metavar="NAME:PLAN", help="free, pro, max or team")
    given = parser.parse_args()
    asyncio.run(_run(given.port, given.seed, given.account or ["anna:pro"]))


if __name__ == "__main__":
    main()
