"""What the gateway says about itself: one structured line per request, warnings, bugs. Never a secret, never a body."""
