"""The cast of the referrer's journeys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Cast, assemble


@pytest.fixture
def cast(django_db_serialized_rollback: None, live_server: Any) -> Cast:
    """In a database that the browser's server sees too, with its reference data."""
    return assemble()
