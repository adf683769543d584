"""`make soak`: deeper fault runs; each is bounded, ends by itself, and prints its figures.

`make soak ARGS="kills freezes"` does those alone. Exit status 1 where a run found something.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import uuid4

from bench.ground import Ground, ground, seconds

WALKS, STEPS, TAMPERINGS, ENTRIES = 40, 25, 2000, 120
SEED = 20260105


def main(wanted: Sequence[str]) -> None:
    with ground() as found:
        runs = all_runs(found)
        if unknown := set(wanted) - runs.keys():
            raise SystemExit(f"no such run: {', '.join(unknown)}; there are {', '.join(runs)}")
        chosen = wanted or list(runs)
        wrong = [f"{name}: {fault}" for name in chosen for fault in timed(name, runs[name])]
    if wrong:
        raise SystemExit("\n".join(["", *wrong[:20], f"tandem: {len(wrong)} faults"]))
    print("\nno fault found")


def all_runs(found: Ground) -> dict[str, Callable[[], list[str]]]:
    from bench import soak_documents, soak_messages
    from tests.cast import assemble

    cast = assemble()
    return {
        "tampering": tamper,
        "moves": lambda: walk_at_random(cast),
        "documents": lambda: soak_documents.mutate_files(SEED),
        "states": soak_messages.every_state,
        "crashes": lambda: soak_messages.crash_everywhere(found),
        "faults": lambda: soak_messages.every_fault(found),
        "freezes": lambda: soak_messages.freeze_relays(found),
        "backlog": lambda: soak_messages.drain_a_backlog(found),
        "kills": lambda: soak_messages.kill_the_broker(found),
    }


def timed(name: str, run: Callable[[], list[str]]) -> list[str]:
    faults: list[str] = []
    took = seconds(lambda: faults.extend(run()))
    print(f"{name:<14} {len(faults)} faults in {took:.0f} s", flush=True)
    return faults


def walk_at_random(cast) -> list[str]:  # type: ignore[no-untyped-def]
    """Everybody tries everything in every state: what happens is in the table, or is refused."""
    from referrals.errors import DomainError
    from referrals.lifecycle import MOVES, State
    from referrals.models import Referral
    from referrals.permissions import available_actions
    from tests.walks import act, draft, inputs

    dice = random.Random(SEED)
    parts = ["physician", "delegate", "stranger", "coordinator", "second_coordinator",
             "clinician", "clinic_admin", "other_coordinator", "privacy"]  # fmt: skip
    allowed = {(move.action, source): move for move in MOVES for source in move.sources}
    moves = list(dict.fromkeys(move.action for move in MOVES))
    seen: Counter[str] = Counter()
    faults: list[str] = []
    for walk in range(WALKS):
        referral = draft(cast, patient={"given_name": f"Walk {walk}"})
        for _ in range(STEPS):
            action, part = dice.choice(moves), dice.choice(parts)
            offered = [(a, p) for p in parts for a in available_actions(referral, cast.actor(p))]
            if offered and dice.random() < 0.5:
                action, part = dice.choice(offered)
            before, version = State(referral.state), referral.version
            try:
                referral = act(referral, action, cast.actor(part), inputs(action, cast))
            except DomainError as refusal:
                seen[f"refused {refusal.status}"] += 1
                after = Referral.objects.get(pk=referral.pk)
                if (after.state, after.version) != (before, version):
                    faults.append(f"{action} by {part} was refused and changed the row")
                referral = after
                continue
            seen["moved"] += 1
            referral = Referral.objects.get(pk=referral.pk)
            move = allowed.get((action, before))
            if action not in moves:
                # What is no move of the table (an assignment, a contact) leaves the state alone.
                if referral.state != before:
                    faults.append(f"{action} led from {before} to {referral.state}")
            elif move is None:
                faults.append(f"{action} from {before} is not in the table")
            elif not leads_to(move, before, State(referral.state)):
                faults.append(f"{action} from {before} led to {referral.state}")
            elif referral.version != version + move.bumps_version:
                faults.append(f"{action} raised the version by {referral.version - version}")
    print(f"  {WALKS} walks of {STEPS} tries: {dict(seen)}")
    return faults


def leads_to(move, before, after) -> bool:  # type: ignore[no-untyped-def]
    """Whether the table has this end for the move; an error is marked by two people, in two."""
    from referrals.lifecycle import Action, State

    if move.action is Action.MARK_ERROR and after == before:
        return True
    return after == move.target if isinstance(move.target, State) else True


def tamper() -> list[str]:  # type: ignore[no-untyped-def]
    """Falsify the access log in every known way; each is to be found where it is."""
    from django.db import transaction

    from referrals import access
    from referrals.access import sealer
    from tests.referrals.access import tampering, test_verify
    from tests.referrals.access.conftest import READER

    with transaction.atomic():
        for number in range(ENTRIES):
            access.record(
                by=READER, verb="read", referral_id=uuid4(), door="portal",
                detail={"version": number},
            )  # fmt: skip
    while sealer.seal_pending(limit=tampering.BATCH):
        pass
    dice = random.Random(SEED)
    faults = []
    for seed in range(TAMPERINGS):
        act = dice.choice(list(tampering.ALL))
        report, expected = test_verify.after(act, seed)
        if not test_verify.located(report, expected):
            faults.append(f"{act.__name__} with seed {seed} was not located")
    print(f"  {TAMPERINGS} tamperings, {TAMPERINGS - len(faults)} found and located")
    return faults


if __name__ == "__main__":
    main(sys.argv[1:])
