#!/usr/bin/env python
"""Command-line entry point for Django's management commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    from portal import guard

    if guard.guards(sys.argv[1] if len(sys.argv) > 1 else "help") and "--help" not in sys.argv:
        guard.enforce()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
