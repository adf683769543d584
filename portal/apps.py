"""The site: pages, sign-in, settings and what runs it on one machine."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  registers itself
        from portal.forms import wording

        wording.use()
