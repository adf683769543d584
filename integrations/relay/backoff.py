"""How long to wait after a failure."""

from __future__ import annotations

import random

BASE = 1.0
LONGEST = 300.0


def pause(failures: int, *, base: float = BASE, longest: float = LONGEST) -> float:
    """Seconds to wait after so many failures in a row: doubling, capped, with jitter."""
    ceiling = min(longest, base * 2 ** min(max(failures - 1, 0), 20))
    # Spreads load, guards no secret.
    return ceiling * random.uniform(0.5, 1)  # noqa: S311
