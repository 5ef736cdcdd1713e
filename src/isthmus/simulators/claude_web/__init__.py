"""claude.ai as its web app sees it, simulated: sessions, conversations, files, quotas and streams.

    async with Simulator() as sim:
        account = sim.add_account("anna", "pro")
        ... sim.url, account.key, account.script("F8", times=1), sim.journal

`python -m isthmus.simulators.claude_web` runs it as a process of its own. It knows only what public sources say of the
service, and refuses whatever they do not show: `rules` has the requests, `faults` the misfortunes, `scenarios` what the
model can be asked to do. Where a source is silent the choice is the stricter one.
"""

from isthmus.simulators.claude_web.accounts import Account, Flag
from isthmus.simulators.claude_web.clock import Clock
from isthmus.simulators.claude_web.framing import Cut, Framing
from isthmus.simulators.claude_web.plans import Plan
from isthmus.simulators.claude_web.server import Simulator

__all__ = ["Account", "Clock", "Cut", "Flag", "Framing", "Plan", "Simulator"]
