"""The admin API under `/v2`: thin handlers over `control`, one error shape, one guard in front."""
