"""docs/lifecycle.md as text, drawn from the table."""

from __future__ import annotations

from referrals.actors import ROLE_LABELS, Role
from referrals.lifecycle.moves import Move, Target
from referrals.lifecycle.states import STATES, State
from referrals.lifecycle.table import ALL_MOVES, BESIDE, MOVES


def render() -> str:
    """The whole page, Markdown with a Mermaid state diagram."""
    parts = [
        "# The lifecycle of a referral",
        "Made from `referrals/lifecycle/table.py` by `make docs`; do not edit.",
        "## Diagram",
        "```mermaid\n" + _diagram() + "\n```",
        "## States",
        _table(
            ("state", "word", "meaning", "whose turn", "phase", "ServiceRequest", "Task",
             "business status"),
            [(f"`{s.value}`", i.label, i.meaning, i.turn.value, i.phase.value, i.service_request,
              i.task, i.business_status or "–") for s, i in STATES.items()],
        ),
        "## Moves",
        _moves(MOVES),
        "## Beside the moves",
        _moves(BESIDE),
        "## Who acts",
        _table(("code", "role"), [(r.value, ROLE_LABELS[r]) for r in Role]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _diagram() -> str:
    lines = ["stateDiagram-v2", "    [*] --> draft: create"]
    for move in MOVES:
        for source in sorted(move.sources, key=list(State).index):
            for target in _targets(move, source):
                lines.append(f"    {source.value} --> {target}: {move.action.value}")
    return "\n".join(lines)


def _targets(move: Move, source: State) -> list[str]:
    if isinstance(move.target, State):
        return [move.target.value]
    if move.target is Target.SAME:
        return [source.value]
    asked = next(m for m in ALL_MOVES if m.action.value == "request_cancel")
    return [s.value for s in sorted(asked.sources, key=list(State).index)]


def _moves(moves: tuple[Move, ...]) -> str:
    return _table(
        ("action", "label", "from", "to", "who", "guards", "event"),
        [
            (
                f"`{m.action.value}`",
                m.label,
                ", ".join(s.value for s in sorted(m.sources, key=list(State).index)),
                m.target.value,
                ", ".join(sorted(r.value for r in m.roles | m.own_draft_roles)),
                ", ".join(g.value for g in m.guards) or "–",
                f"`{m.event}`" if m.event else "–",
            )
            for m in moves
        ],
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
