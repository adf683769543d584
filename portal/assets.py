"""Static files: only what pages use is collected, under hashed names, compressed."""

from typing import ClassVar

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(StaticFilesConfig):
    """Leaves out what no page of ours asks for; compressing it would take most of a minute."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        # The browsable API is not served, Redoc calls outside, and maps are for debuggers.
        "rest_framework",
        "redoc",
        "*.map",
    ]


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Does not look for source maps, which are left out; every other file named must exist."""

    patterns: ClassVar[tuple] = tuple(
        (extension, tuple(rule for rule in rules if "sourceMappingURL" not in str(rule)))
        for extension, rules in CompressedManifestStaticFilesStorage.patterns
    )
