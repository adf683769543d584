"""`check --deploy` says the same as the guard; `check` reads the operator's list of codes."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from django.core.checks import Error, Tags, register

from portal import guard
from referrals import loaded_codes


@register(Tags.security, deploy=True)
def secure_settings(app_configs: Any, **kwargs: Any) -> list[Error]:
    module = import_module(os.environ.get("DJANGO_SETTINGS_MODULE", "portal.settings"))
    found = guard.problems(guard.values_of(module))
    return [Error(f"{name} {reason}.", id="portal.E001") for name, reason in found]


@register()
def readable_codes(app_configs: Any, **kwargs: Any) -> list[Error]:
    """ICD10CM_FILE is there and is a release, before the first referral needs it."""
    try:
        loaded_codes.current()
    except (OSError, ValueError) as refused:
        hint = "Give the order file of a release, or unset ICD10CM_FILE."
        return [Error(f"ICD10CM_FILE cannot be read: {refused}", hint=hint, id="portal.E002")]
    return []
