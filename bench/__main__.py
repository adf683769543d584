"""`make bench`: one table; every row is a ratio against a baseline measured in the same run."""

from __future__ import annotations

import os

from bench.ground import Ground, Row, ground


def main() -> None:
    with ground() as found:
        before = os.getloadavg()[0]
        rows = measure(found)
    show(rows)
    print(f"\nload when it began {before:.1f}, at the end {os.getloadavg()[0]:.1f}, "
          f"on {os.cpu_count()} processors; a load of its own makes a run void")  # fmt: skip


def measure(found: Ground) -> list[Row]:
    # Only now: these import models.
    from bench import audit, crowded, drain, inbound, isolation, moves
    from tests.cast import assemble

    cast = assemble()
    rows = moves.measure(cast)
    rows += audit.measure(cast)
    rows += drain.measure(found)
    rows += isolation.measure(found)
    rows += inbound.measure(found)
    return rows + crowded.measure(cast)


def show(rows: list[Row]) -> None:
    print(f"\n{'what':<44} {'ratio':>7} {'(rounds)':>15}  {'n':<22} {'target':<14} note")
    for row in rows:
        spread = f"{row.low:.2f} to {row.high:.2f}"
        print(f"{row.name:<44} {row.ratio:>7.2f} {spread:>15}  {row.n:<22} "
              f"{row.target:<14} {row.note}")  # fmt: skip


if __name__ == "__main__":
    main()
