"""The deep run of the files: good ones bent at random, each refused or sound, within bounds."""

from __future__ import annotations

import io
import os
import random
import resource
import time
import warnings
from collections import Counter

MUTATIONS = int(os.environ.get("SOAK_FILES", "2000"))
MOST_SECONDS, MOST_MEMORY_KB = 5.0, 100 * 1024
# Words that mean something to a parser, to be put where they do not belong.
WORDS = (
    b"endobj", b"stream", b"/JS", b"/Launch", b"\xff\xd8\xff", b"IHDR", b"PK\x03\x04",
    b"<!DOCTYPE", b"%%EOF", b"startxref", b"II*\0", b"\0\0\0\0", b"\xff\xff\xff\xff",
)  # fmt: skip


def mutate_files(seed: int) -> list[str]:
    """Each of `MUTATIONS` bent files gets a word of the list, soon and in little memory."""
    from referrals.files import checking
    from referrals.files.refusal import REASONS, Refused
    from tests.referrals.files.benign import benign

    dice, good = random.Random(seed), benign()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said: Counter[str] = Counter()
    faults, slowest = [], 0.0
    for number in range(MUTATIONS):
        label, name, data = dice.choice(good)
        bent = _bent(data, dice)
        began = time.process_time()
        try:
            with warnings.catch_warnings(action="ignore"):
                checking.check(io.BytesIO(bent), checking.media_type_of(name))
            word = "taken"
        except Refused as refused:
            word = refused.code
        except Exception as problem:
            word = type(problem).__name__
        took = time.process_time() - began
        slowest = max(slowest, took)
        said[word] += 1
        if word not in (*REASONS, "taken"):
            faults.append(f"file {number}, {label}: {word}")
        if took > MOST_SECONDS:
            faults.append(f"file {number}, {label}: {took:.1f} s")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if grown > MOST_MEMORY_KB:
        faults.append(f"memory grew by {grown // 1024} MB")
    print(f"  {MUTATIONS} files of {len(good)} kinds: {dict(said.most_common())}; "
          f"slowest {slowest:.2f} s, memory +{grown // 1024} MB")  # fmt: skip
    return faults


def _bent(data: bytes, dice: random.Random) -> bytes:
    """One to eight bytes changed, a piece cut out, doubled or moved, or a word put in."""
    made = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(made))
        piece = slice(at, at + dice.randint(1, 64))
        match dice.randrange(5):
            case 0:
                made[at] = dice.randrange(256)
            case 1 if len(made) > 200:
                del made[piece]
            case 2:
                made[at:at] = made[piece]
            case 3:
                made[piece] = made[piece][::-1]
            case _:
                made[at:at] = dice.choice(WORDS)
    return bytes(made)
