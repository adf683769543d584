"""Every address of the site, by area."""

from django.urls import include, path, re_path

from portal.catalogue import views
from portal.pages import gallery
from referrals.api import problems

handler500 = "portal.crashes.server_error"

urlpatterns = [
    path("gallery/", gallery.show, name="gallery"),
    path("gallery/print/", gallery.show_printed, name="gallery-print"),
    path(".well-known/tandem-event-keys.json", views.event_keys, name="event-keys"),
    path("", include("portal.accounts.urls")),
    path("", include("portal.pages.urls")),
    path("api/v1/", include("referrals.api.urls")),
    path("api/", include("portal.api_urls")),
    re_path(r"^api/", problems.not_found),
]
