"""Fixtures for the cast."""

from __future__ import annotations

import pytest

from integrations.models import Partner
from referrals.actors import Actor, actor_for_partner
from tests.cast import Cast, assemble


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def partner(cast: Cast) -> Partner:
    """The EHR of the cast's clinic, entitled to every event."""
    return Partner.objects.create(
        slug="ehr-tests", name="Test EHR", scope_key=cast.clinic.pk, client_id="ehr-tests"
    )


@pytest.fixture
def partner_actor(cast: Cast) -> Actor:
    return actor_for_partner(
        slug="ehr-tests", clinic_id=cast.clinic.pk,
        scopes=frozenset({"referrals:read", "referrals:write", "events:read"}),
    )  # fmt: skip
