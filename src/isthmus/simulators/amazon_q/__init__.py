"""Amazon Q Developer and Kiro, simulated."""

from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.quota import Quota, Share
from isthmus.simulators.amazon_q.request import Request
from isthmus.simulators.amazon_q.simulator import Simulator

__all__ = ["Account", "Quota", "Request", "Share", "Simulator"]
