"""A JSON Schema that offers a choice among objects, told as one object: for services that refuse a choice at the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]


def allowed_by_any(
    schema: Mapping[str, Any], branches: Mapping[str, Sequence[Mapping[str, Any]]]
) -> tuple[Schema, list[Any]]:
    """Properties and `required` of one object that allows what any branch allows: all their properties, required only where each
    branch agrees. `branches` are those of `schema`, by keyword; of two that describe one property, the first is believed."""
    properties = dict(mapping(schema.get("properties")))
    required = list(listed(schema.get("required")))
    for name, offered in branches.items():
        for branch in offered:
            for key, value in mapping(branch.get("properties")).items():
                properties.setdefault(key, value)
        demands = [listed(branch.get("required")) for branch in offered]
        if name == "allOf":
            required += [key for demand in demands for key in demand]
        elif demands:
            required += [key for key in demands[0] if all(key in demand for demand in demands)]
    return properties, list(dict.fromkeys(required))


def mapping(value: Any) -> Schema:
    """Nothing where a client wrote something else."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """Nothing where a client wrote something else."""
    return value if isinstance(value, list) else []
