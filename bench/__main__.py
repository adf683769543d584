"""`make bench`: one table; every row is a ratio against a baseline measured in the same run.

`make bench ARGS="drain inbound"` measures those families alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.ground import Ground, Row, ground

FAMILIES = ("moves", "audit", "drain", "isolation", "inbound", "crowded")


def main(wanted: Sequence[str]) -> None:
    unknown = set(wanted) - set(FAMILIES)
    if unknown:
        raise SystemExit(f"no such family: {', '.join(unknown)}; there are {', '.join(FAMILIES)}")
    with ground() as found:
        before = os.getloadavg()[0]
        heading()
        for family, measure in measures(found).items():
            if family in (wanted or FAMILIES):
                # At once: a later family that fails takes nothing away from the earlier ones.
                for row in measure():
                    show(row)
    print(f"\nload when it began {before:.1f}, at the end {os.getloadavg()[0]:.1f}, "
          f"on {os.cpu_count()} processors; a load of its own makes a run void")  # fmt: skip


def measures(found: Ground) -> Mapping[str, Callable[[], Iterable[Row]]]:
    # Only now: these import models.
    from bench import audit, crowded, drain, inbound, isolation, moves
    from tests.cast import assemble

    cast = assemble()
    return {
        "moves": lambda: moves.measure(cast),
        "audit": lambda: audit.measure(cast),
        "drain": lambda: drain.measure(found),
        "isolation": lambda: isolation.measure(found),
        "inbound": lambda: inbound.measure(found),
        "crowded": lambda: crowded.measure(cast),
    }


def heading() -> None:
    print(f"\n{'what':<50} {'ratio':>7} {'(rounds)':>15}  {'n':<22} {'target':<14} note")


def show(row: Row) -> None:
    spread = f"{row.low:.2f} to {row.high:.2f}"
    print(f"{row.name:<50} {row.ratio:>7.2f} {spread:>15}  {row.n:<22} "
          f"{row.target:<14} {row.note}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
