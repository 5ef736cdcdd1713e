"""The steps of compression that ask nobody, one after the other until the conversation fits."""

from __future__ import annotations

from isthmus.core.losses import Loss
from isthmus.shaping.clip import clip
from isthmus.shaping.compression import Method, Plan, Room, Weighed
from isthmus.shaping.drop_turns import drop


def shorten(weighed: Weighed, plan: Plan, room: Room, why: str = "") -> tuple[Weighed, tuple[Loss, ...]]:
    """As far as the plan goes; what comes out may still be too long. One that fits comes back as it is.

    `why` there is no summary, for a plan that wanted one.
    """
    losses: tuple[Loss, ...] = ()
    if plan.method is Method.CLIP:
        weighed, losses = clip(weighed, plan, room)
    if plan.method is not Method.OFF and not weighed.fits(room):
        weighed, dropped = drop(weighed, plan, room, why)
        losses += dropped
    return weighed, losses
