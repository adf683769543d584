"""The addresses of the pages; `referrals:act` stands last, because its word may be any action."""

from django.urls import include, path

from portal.pages import (
    access_log,
    actions,
    assessments,
    autosave,
    calendar,
    codes,
    copying,
    detail,
    duplicates,
    home,
    letter,
    messages,
    new_referral,
    notifications,
    organisation,
    practices,
    printing,
    referral_list,
    sent,
    versions,
    wizard,
    worklist,
)

referral_pages = (
    [
        path("", referral_list.show, name="list"),
        path("search/", referral_list.search, name="search"),
        path("new/", new_referral.show, name="new"),
        path("codes/", codes.search, name="codes"),
        path("<uuid:referral_id>/edit/<slug:step>/", wizard.show, name="edit"),
        path("<uuid:referral_id>/autosave/", autosave.save, name="autosave"),
        path("<uuid:referral_id>/sent/", sent.show, name="sent"),
        path("<uuid:referral_id>/", detail.show, name="detail"),
        path("<uuid:referral_id>/assessments/", assessments.show, name="assessments"),
        path("<uuid:referral_id>/print/", printing.show, name="print"),
        path("<uuid:referral_id>/messages/", messages.post, name="message"),
        path(
            "<uuid:referral_id>/appointments/<uuid:appointment_id>/<slug:reader>.ics",
            calendar.download,
            name="calendar",
        ),
        path("<uuid:referral_id>/duplicates/<uuid:other_id>/", duplicates.decide, name="duplicate"),
        path("<uuid:referral_id>/copy/", copying.show, name="copy"),
        path("<uuid:referral_id>/letter/", letter.show, name="letter"),
        path("<uuid:referral_id>/versions/", versions.show, name="versions"),
        path("<uuid:referral_id>/versions/read/", versions.read, name="versions-read"),
        path("<uuid:referral_id>/versions/<int:number>/", versions.printed, name="version"),
        path("<uuid:referral_id>/<slug:action>/", actions.act, name="act"),
    ],
    "referrals",
)

urlpatterns = [
    path("", home.show, name="home"),
    path("referrals/", include(referral_pages)),
    path("worklist/", worklist.show, name="worklist"),
    path("worklist/assign/", worklist.assign, name="worklist-assign"),
    path("worklist/search/", worklist.search, name="worklist-search"),
    path("practices/new/", practices.record, name="record-practice"),
    path("notifications/", notifications.show, name="notifications"),
    path("notifications/read/", notifications.mark_read, name="notifications-read"),
    path("notifications/choices/", notifications.choices, name="notification-choices"),
    path("notifications/team/", notifications.team, name="notification-team"),
    path("access-log/", access_log.show, name="access-log"),
    path("organization/", organisation.switch, name="switch-organisation"),
]
