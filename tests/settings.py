"""The settings under which tests run: the site's own, with what a test machine does differently.

Everything that could reach outside, or that a .env file could change, is set before the site's
settings are read.
"""

import os
import tempfile
from pathlib import Path

SCRATCH = Path(tempfile.gettempdir()) / f"tandem-tests-{os.getpid()}"

os.environ.update(
    {
        "DEMO": "true",
        "DEBUG": "false",
        "REQUIRE_MFA": "false",
        "BASE_URL": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "INSTALLATION": "test",
        "TRUSTED_PROXY_COUNT": "0",
        "LOG_LEVEL": "INFO",
        "EMAIL_URL": "memorymail://",
        "MEDIA_ROOT": str(SCRATCH / "media"),
        "AUDIT_ANCHOR": str(SCRATCH / "audit-anchor.jsonl"),
        "CLAMD_SOCKET": "",
    }
)
# Given by the part of `make test` that starts the server; without one, SQLite in memory.
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
os.environ.setdefault("AMQP_URL", "")

from portal.settings import *  # noqa: E402, F403

# A slow hash protects people; a test's password protects nobody.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Without hashed names, so that no test depends on collectstatic having run.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
