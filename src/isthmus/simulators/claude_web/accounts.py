"""The people who have accounts here: who they are, what they pay for, and all that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from isthmus.simulators.claude_web.clock import stored
from isthmus.simulators.claude_web.conversations import Conversations
from isthmus.simulators.claude_web.files import Files
from isthmus.simulators.claude_web.framing import Framing
from isthmus.simulators.claude_web.plans import MODELS, TERMS, Model, Plan
from isthmus.simulators.claude_web.quota import Quota
from isthmus.simulators.claude_web.refusals import Json, Refusal, forbidden, invalid
from isthmus.simulators.claude_web.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Flag:
    """`banned`, `restricted`, `first_warning`, `second_warning`: alive until it expires."""

    type: str
    expires_at_s: float

    def shown(self) -> Json:
        return {"type": self.type, "expires_at": stored(self.expires_at_s)}


@dataclass(frozen=True, slots=True)
class Organization:
    id: int
    uuid: str
    name: str
    capabilities: tuple[str, ...]
    tier: str = "default_claude_ai"

    def shown(self, flags: list[Json]) -> Json:
        paid = len(self.capabilities) > 1
        return {
            "id": self.id,
            "uuid": self.uuid,
            "name": self.name,
            "capabilities": list(self.capabilities),
            "rate_limit_tier": self.tier,
            "billing_type": "stripe_subscription" if paid else None,
            "raven_type": "team" if "raven" in self.capabilities else None,
            "active_flags": flags,
        }


@dataclass(slots=True)
class Account:
    """One person with one session key. Change it while the service runs; the next request sees it."""

    name: str
    key: str = field(repr=False)
    uuid: str
    plan: Plan
    organizations: list[Organization]
    quota: Quota
    models: tuple[Model, ...] = MODELS
    flags: list[Flag] = field(default_factory=list)
    scripts: Scripts = field(default_factory=Scripts)
    framing: Framing = field(default_factory=Framing)
    conversations: Conversations = field(default_factory=Conversations)
    files: Files = field(default_factory=Files)
    concurrency: int = 3
    """Answers at once; one more is refused as `concurrents`."""
    context_tokens: int = 200_000
    signed_in: bool = True
    streaming: int = 0
    """Answers under way."""
    next_key: str | None = field(default=None, repr=False)
    """Handed out in a cookie; the first request that brings it makes it the key."""

    @property
    def org(self) -> Organization:
        """The one that can chat."""
        return next(each for each in self.organizations if "chat" in each.capabilities)

    def script(self, fault: str, *at: str, times: int | None = None) -> None:
        """Let a fault befall this account, at its own endpoints or at those named: `script("F9 date", times=2)`."""
        self.scripts.add(fault, at, times)

    def opens(self, key: str) -> bool:
        """Whether this session key is of this account; a new one that is used replaces the old."""
        if self.next_key is not None and key == self.next_key:
            self.key, self.next_key = key, None
        return self.signed_in and key == self.key

    def chat_org(self, uuid: str) -> Organization:
        """Raises `Refusal` for an organization that is none of this account's, or cannot chat."""
        found = next((each for each in self.organizations if each.uuid == uuid), None)
        if found is None:
            raise forbidden("You are not a member of this organization.")
        if "chat" not in found.capabilities:
            raise forbidden("This organization cannot chat.")
        return found

    def check_model(self, id: str | None) -> None:
        """Raises `Refusal` for a model that nobody has, or that this plan may not choose."""
        if id is None:
            return
        model = next((each for each in self.models if each.id == id), None)
        if model is None:
            raise invalid(f"model: {id} is not a known model")
        if self.plan is Plan.FREE and not model.free:
            raise Refusal(403, "permission_error", f"{model.name} is not available on your plan.")

    def organizations_shown(self) -> list[Json]:
        flags = [flag.shown() for flag in self.flags]
        return [each.shown(flags) for each in self.organizations]

    def _memberships(self) -> list[Json]:
        return [{"organization": each, "role": "admin"} for each in self.organizations_shown()]

    @property
    def email(self) -> str:
        return f"{self.name}@example.org"

    def shown(self) -> Json:
        """`GET /api/account`, and the account of the bootstrap."""
        return {
            "uuid": self.uuid,
            "email_address": self.email,
            "full_name": self.name.capitalize(),
            "settings": {"paprika_mode": None},
            "memberships": self._memberships(),
        }


def first_organization(uuid: str, plan: Plan, id: int) -> Organization:
    """The one that comes with a plan."""
    terms = TERMS[plan]
    return Organization(id, uuid, f"Organization {id}", terms.capabilities, terms.tier)
