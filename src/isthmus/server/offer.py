"""What clients are offered, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from isthmus.routing.directory import Directory
from isthmus.server.models import ModelLists
from isthmus.server.reply import Pace
from isthmus.server.suppliers import Supplier
from isthmus.shaping.compression import Plan


@dataclass(frozen=True, slots=True)
class Offer:
    """What the gateway offers at present: replaced as a whole when an operator changes something."""

    suppliers: Mapping[str, Supplier]
    directory: Directory
    models: ModelLists
    pace: Pace
    plans: Mapping[str, Plan] = field(default_factory=dict)
    """How to shorten conversations that no longer fit, by provider; those that are left alone have none."""

    @classmethod
    def of(
        cls,
        suppliers: Mapping[str, Supplier],
        directory: Directory,
        pace: Pace | None = None,
        plans: Mapping[str, Plan] | None = None,
    ) -> Offer:
        return cls(suppliers, directory, ModelLists(directory, suppliers), pace or Pace(), plans or {})
