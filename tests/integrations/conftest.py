"""The messages' tests have a domain of their own."""

import pytest


@pytest.fixture(autouse=True)
def sample_registry(settings):
    settings.INTEGRATIONS_EVENT_REGISTRY = "tests.integrations.samples.REGISTRY"
    settings.INSTALLATION = "test"
