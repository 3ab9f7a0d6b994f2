"""Addresses. Every name stands in ``access.ACCESS``; what is not there is closed."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account
from allauth.socialaccount import views as social
from django.conf import settings
from django.urls import include, path
from django.views.generic.base import RedirectView

from raudit.web.views import (
    account as own,
)
from raudit.web.views import (
    answering,
    evidence,
    findings,
    home,
    labelling,
    logbook,
    making,
    people,
    reports,
    reviewing,
    runs,
    signing,
    systems,
    verifying,
)

SYSTEM = "s/<str:system>/"
ASSESSMENT = SYSTEM + "a/<str:assessment>/"

urlpatterns: list[Any] = [
    path("", home.home, name="home"),
    path("portfolio.csv", home.portfolio, name="portfolio"),
    path("notices/", home.notices, name="notices"),
    path("due/<str:token>.ics", home.feed, name="feed"),
    path("help/", home.help_page, name="help"),
    path(
        "favicon.ico",
        RedirectView.as_view(url=settings.STATIC_URL + "web/icon.svg"),
        name="favicon",
    ),
    path("verify/", verifying.verify, name="verify"),
    path("invited/<str:token>/", own.invited, name="invited"),
    path("language/", own.language, name="language"),
    path("account/", own.account, name="account"),
    path("new/", making.new, name="new-system"),
    path("log/", logbook.log, name="log"),
    path("log/export/", logbook.export, name="log-export"),
    path("log/<int:index>/", logbook.entry, name="log-entry"),
    path("people/", people.people, name="people"),
    path("people/add/", people.add, name="person-add"),
    path("people/<str:person>/roles/", people.roles, name="person-roles"),
    path("people/<str:person>/invite/", people.invite, name="invite"),
    path(SYSTEM, systems.system, name="system"),
    path(ASSESSMENT, answering.assessment, name="assessment"),
    path(ASSESSMENT + "next/", answering.next_open, name="next"),
    path(ASSESSMENT + "section/<str:section>/", answering.section, name="section"),
    path(ASSESSMENT + "q/<str:question>/", answering.question, name="question"),
    path(ASSESSMENT + "q/<str:question>/note/", answering.note, name="note"),
    path(ASSESSMENT + "q/<str:question>/assign/", answering.assign, name="assign"),
    path(ASSESSMENT + "q/<str:question>/evidence/", evidence.evidence, name="evidence"),
    path(ASSESSMENT + "evidence/<str:digest>/", evidence.evidence_file, name="evidence-file"),
    path(ASSESSMENT + "submit/", answering.submit, name="submit"),
    path(ASSESSMENT + "import/", evidence.import_workbook, name="import"),
    path(ASSESSMENT + "download/<str:kind>/", reports.download, name="download"),
    path(ASSESSMENT + "review/", reviewing.review, name="review"),
    path(ASSESSMENT + "sign/", signing.sign, name="sign"),
    path(ASSESSMENT + "sign/finish/", signing.finish, name="sign-finish"),
    path(ASSESSMENT + "met/", signing.met, name="met"),
    path(SYSTEM + "labels/", labelling.labels, name="labels"),
    path(SYSTEM + "findings/", findings.findings, name="findings"),
    path(SYSTEM + "findings/<str:fingerprint>/", findings.finding, name="finding"),
    path(SYSTEM + "findings/<str:fingerprint>/task/", findings.task, name="finding-task"),
    path(SYSTEM + "findings/<str:fingerprint>/remark/", findings.remark, name="finding-remark"),
    path(SYSTEM + "findings/<str:fingerprint>/waive/", findings.waive, name="waive"),
    path(SYSTEM + "waivers/<str:waiver>/approve/", findings.approve, name="waiver-approve"),
    path(SYSTEM + "report/", reports.report, name="report"),
    path(SYSTEM + "report/remark/", reports.remark, name="report-remark"),
    path(SYSTEM + "report/page/", reports.shown, name="report-page"),
    path(SYSTEM + "report/<str:run>/<str:name>", reports.file, name="report-file"),
    path(SYSTEM + "runs/", runs.runs, name="runs"),
    path(SYSTEM + "runs/start/", runs.start, name="run-start"),
    path(SYSTEM + "runs/compare/", runs.compare, name="compare"),
    path(SYSTEM + "runs/trend/", runs.trend, name="trend"),
    path(SYSTEM + "runs/state/<uuid:run>/", runs.run, name="run"),
    # Sign-in. Of allauth's addresses those that are wanted, by their names.
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", account.password_change, name="account_change_password"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/3rdparty/error/", social.login_error, name="socialaccount_login_error"),
    path(
        "accounts/3rdparty/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"
    ),
    path("accounts/3rdparty/signup/", own.closed, name="socialaccount_signup"),
]
if settings.RAUDIT_OPTIONS.oidc:
    urlpatterns.append(
        path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls"))
    )

handler400 = "raudit.web.views.account.bad_request"
handler403 = "raudit.web.views.account.forbidden"
handler404 = "raudit.web.views.account.missing"
handler500 = "raudit.web.views.account.broken"
