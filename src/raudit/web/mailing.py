"""Notices as mail, where an SMTP server is named; a mail says that something waits, and holds nothing of it."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from raudit.web.models import User

log = logging.getLogger("django.request")


def mail(person: str, kind: str, about: str, where: str) -> None:
    """Send a mail in the background; a server that is down costs nobody a page."""
    options = settings.RAUDIT_OPTIONS
    user = User.objects.filter(person=person, is_active=True).first() if options.smtp else None
    if user is None:
        return
    with translation.override(user.language or "en"):
        subject = " ".join(f"raudit: {_(kind)}: {about}".split())[:200]
        text = _("Something waits for you in raudit:") + f"\n\n{options.base}{where}\n"
    threading.Thread(target=_send, args=(subject, text, user.email), daemon=True).start()


def _send(subject: str, text: str, address: str) -> None:
    try:
        send_mail(subject, text, None, [address])
    except OSError as error:
        log.error("mail could not be sent: %s", type(error).__name__)
