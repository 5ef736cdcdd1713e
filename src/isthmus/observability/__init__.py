"""What the gateway says about itself: one structured line per request, warnings, bugs. Never a secret, never a body."""

from isthmus.observability.logs import set_up
from isthmus.observability.redaction import MASK, Redaction

__all__ = ["MASK", "Redaction", "set_up"]
