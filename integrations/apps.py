"""Messages safely out and safely in; knows nothing of referrals."""

import logging

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # While a broker is away pika writes six errors for each attempt to connect; we write
        # one line of our own for each end of a connection.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
