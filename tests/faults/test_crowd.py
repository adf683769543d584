"""Very many referrals, in small: the same queries as with few, and an index for each list.

`make bench` does the same with 100,000 and takes the time.
"""

from __future__ import annotations

import pytest
from django.db import connection

from bench import crowd, crowded
from referrals.lifecycle import State
from tests.cast import Cast
from tests.walks import referral_at

# With so few rows these count a third of all, or all: there the question is whether an index
# could serve. For all other looks the planner has its free choice.
COUNTED_WHOLE = ("practice's list", "numbers")


@pytest.mark.pg
def test_lists_and_searches_go_by_index_in_a_constant_number_of_queries(cast: Cast) -> None:
    model = referral_at(State.IN_REVIEW, cast, patient={"given_name": "Oriel"})
    crowd.make(model, 300)
    few = {look.name: crowded.looked_at(look)[0] for look in crowded.looks(cast, model)}
    crowd.make(model, 4000)
    for look in crowded.looks(cast, model):
        forced = look.name.startswith(COUNTED_WHOLE)
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL enable_seqscan = {'off' if forced else 'on'}")
        queries, scans = crowded.looked_at(look)
        assert scans == "", look.name
        assert queries == few[look.name], look.name
