"""The settings of the peers' processes; nothing of ours is installed there."""

import os
from urllib.parse import unquote, urlsplit

_database = urlsplit(os.environ["DATABASE_URL"])
_broker = urlsplit(os.environ["AMQP_URL"])

SECRET_KEY = "only for this benchmark"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth",
    "jaiminho", "django_outbox_pattern", "django_celery_outbox",
]  # fmt: skip
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "peers",
        "USER": _database.username,
        "PASSWORD": unquote(_database.password or ""),
        "HOST": _database.hostname,
        "PORT": _database.port,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
JAIMINHO_CONFIG = {"PUBLISH_STRATEGY": "keep-order", "DEFAULT_CAPTURE_EXCEPTION": None}
DJANGO_OUTBOX_PATTERN = {
    "DEFAULT_STOMP_HOST_AND_PORTS": [("127.0.0.1", int(os.environ["STOMP_PORT"]))],
    "DEFAULT_STOMP_USERNAME": _broker.username,
    "DEFAULT_STOMP_PASSCODE": unquote(_broker.password or ""),
    "DEFAULT_PRODUCER_WAITING_TIME": 0,
}
CELERY_OUTBOX_APP = "bench.peers.celery_outbox.app"
EXCHANGE = "tandem.events"
LOGGING_CONFIG = None
