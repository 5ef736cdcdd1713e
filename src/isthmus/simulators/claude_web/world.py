"""All there is at the simulated service, without the wires: people, time, and the record of what was asked."""

from __future__ import annotations

from collections.abc import Mapping

from isthmus.simulators.claude_web.accounts import Account, first_organization
from isthmus.simulators.claude_web.clock import Clock
from isthmus.simulators.claude_web.journal import Journal
from isthmus.simulators.claude_web.plans import TERMS, Plan
from isthmus.simulators.claude_web.quota import Quota
from isthmus.simulators.claude_web.seeds import Seeds


class World:
    """The same seed and the same requests give the same answers."""

    def __init__(self, *, seed: int = 1, clock: Clock | None = None, journal: Journal | None = None) -> None:
        self.seeds = Seeds(seed)
        self.clock = clock or Clock()
        self.journal = journal or Journal()
        self.accounts: dict[str, Account] = {}

    def add_account(
        self,
        name: str = "",
        plan: Plan | str = Plan.PRO,
        *,
        allowances: Mapping[str, int] | None = None,
        concurrency: int = 3,
    ) -> Account:
        """Somebody new, signed in. `allowances` replaces the plan's messages per window (`{"5h": 3}`)."""
        number = len(self.accounts) + 1
        name = name or f"person-{number}"
        if name in self.accounts:
            raise ValueError(f"account {name!r} exists already: choose another name")
        plan = Plan(plan)
        account = Account(
            name=name,
            key=self.seeds.session_key(),
            uuid=self.seeds.uuid(),
            plan=plan,
            organizations=[first_organization(self.seeds.uuid(), plan, 7000 + number)],
            quota=Quota.of(TERMS[plan].allowances if allowances is None else allowances),
            concurrency=concurrency,
        )
        self.accounts[name] = account
        return account

    def account(self, name: str) -> Account:
        """Raises `ValueError` that names who there is."""
        if name not in self.accounts:
            raise ValueError(f"no account {name!r}: there are {', '.join(self.accounts) or 'none'}")
        return self.accounts[name]

    def account_of(self, key: str) -> Account | None:
        return next((each for each in self.accounts.values() if each.opens(key)), None)
