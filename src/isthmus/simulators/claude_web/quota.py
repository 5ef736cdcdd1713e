"""How much an account has said, window by window. A window opens with its first message and ends by the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.simulators.claude_web.clock import stored

Json = dict[str, Any]

LENGTH_S: Final[Mapping[str, int]] = {"5h": 5 * 3600, "7d": 7 * 86400}
_CLAIMS: Final = {"5h": "five_hour", "7d": "seven_day"}
NEARLY: Final = 0.9
"""From this share on the service warns."""


@dataclass(slots=True)
class Window:
    key: str
    allowance: int
    used: float = 0.0
    opened_s: float | None = None

    @property
    def family(self) -> str:
        """`opus` for `7d_opus`; empty when every model counts."""
        return self.key.partition("_")[2]

    @property
    def length_s(self) -> int:
        return LENGTH_S[self.key.partition("_")[0]]

    @property
    def claim(self) -> str:
        whole, _, family = self.key.partition("_")
        return f"{_CLAIMS[whole]}_{family}" if family else _CLAIMS[whole]

    @property
    def utilization(self) -> float:
        return self.used / self.allowance

    @property
    def resets_at(self) -> int | None:
        """Whole epoch seconds, as every limit object has them."""
        return None if self.opened_s is None else int(self.opened_s) + self.length_s

    def counts(self, model: str) -> bool:
        return self.family in model

    def roll(self, now_s: float) -> None:
        """Forget what was used once the time is over."""
        if self.resets_at is not None and now_s >= self.resets_at:
            self.used, self.opened_s = 0.0, None

    def charge(self, now_s: float, messages: float) -> None:
        if self.opened_s is None:
            self.opened_s = now_s
        self.used += messages

    def shown(self) -> Json:
        share = round(self.utilization, 4)
        status = (
            "exceeded_limit" if share >= 1 else "approaching_limit" if share >= NEARLY else "within_limit"
        )
        passed = {} if status == "within_limit" else {"surpassed_threshold": 1.0 if share >= 1 else NEARLY}
        return {"status": status, "resets_at": self.resets_at, "utilization": share, **passed}

    def bucket(self) -> Json | None:
        """As the usage page shows it: percent and a written date; nothing before the first message."""
        if self.resets_at is None:
            return None
        return {"utilization": round(self.utilization * 100, 1), "resets_at": stored(self.resets_at)}


@dataclass(slots=True)
class Quota:
    """All windows of an account. Everything asked of it is asked as of `now_s`."""

    windows: dict[str, Window] = field(default_factory=dict)

    @classmethod
    def of(cls, allowances: Mapping[str, int]) -> Quota:
        return cls({key: Window(key, allowance) for key, allowance in allowances.items()})

    def charge(self, now_s: float, model: str, messages: float = 1.0) -> None:
        for window in self._counting(now_s, model):
            window.charge(now_s, messages)

    def use_up(self, now_s: float, key: str = "5h", share: float = 1.0) -> None:
        """Put one window at this share of its allowance, as if that had been said just now."""
        window = self.windows[key]
        window.roll(now_s)
        window.charge(now_s, share * window.allowance - window.used)

    def exceeded(self, now_s: float, model: str) -> Window | None:
        """The window that stops this model now: of several, the one that ends last."""
        full = [window for window in self._counting(now_s, model) if window.utilization >= 1]
        return max(full, key=lambda window: window.resets_at or 0, default=None)

    def limit(self, now_s: float, model: str) -> Json:
        """The object of `message_limit` and of a 429."""
        counting = list(self._counting(now_s, model))
        tightest = max(counting, key=lambda window: window.utilization, default=None)
        full = self.exceeded(now_s, model)
        if full is not None:
            return limit_object("exceeded_limit", counting, full)
        if tightest is not None and tightest.utilization >= NEARLY:
            return limit_object("approaching_limit", counting, tightest)
        return limit_object("within_limit", counting, None)

    def usage(self, now_s: float) -> Json:
        """The body of `GET …/usage`."""
        for window in self.windows.values():
            window.roll(now_s)
        scoped = [_scoped(window) for window in self.windows.values() if window.family]
        buckets = {
            claim: next((w.bucket() for w in self.windows.values() if w.claim == claim), None)
            for claim in ("five_hour", "seven_day", "seven_day_opus")
        }
        return {**buckets, "limits": scoped, "extra_usage": None}

    def _counting(self, now_s: float, model: str) -> Iterable[Window]:
        for window in self.windows.values():
            window.roll(now_s)
            if window.counts(model):
                yield window


def limit_object(kind: str, windows: Iterable[Window], decisive: Window | None, **more: Any) -> Json:
    left = None if decisive is None else max(0, int(decisive.allowance - decisive.used))
    return {
        "type": kind,
        "resetsAt": None if decisive is None else decisive.resets_at,
        "remaining": left if kind == "approaching_limit" else None,
        "perModelLimit": None if decisive is None else bool(decisive.family),
        "representativeClaim": "five_hour" if decisive is None else decisive.claim,
        "overageDisabledReason": "overage_not_provisioned",
        "overageInUse": False,
        "windows": {window.key: window.shown() for window in windows if window.opened_s is not None},
        **more,
    }


def _scoped(window: Window) -> Json:
    return {
        "kind": "weekly_scoped",
        "percent": round(window.utilization * 100, 1),
        "resets_at": None if window.resets_at is None else stored(window.resets_at),
        "is_active": window.opened_s is not None,
        "scope": {"model": {"display_name": window.family.capitalize()}},
    }
