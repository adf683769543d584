"""WSGI entry point for gunicorn."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from portal import guard

guard.enforce()
application = get_wsgi_application()
# Read the addresses, and so every page and endpoint, now: not during somebody's first request.
ADDRESSES = len(get_resolver().url_patterns)
