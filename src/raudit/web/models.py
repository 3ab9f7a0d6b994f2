"""What the files do not hold: accounts, invitations, assignments, notices, and how far runs are."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Makes accounts."""

    def create_user(self, email: str, password: str | None = None, **rest: Any) -> User:
        """An account; people get one by an invitation."""
        user = self.model(email=self.normalize_email(email).lower(), **rest)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """An account. Who the person is, and what they may do, people.yaml says."""

    # Random: it is the user handle on every authenticator, and nobody should read a number of accounts from it.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    person = models.CharField(max_length=64, unique=True)
    """Id in people.yaml."""
    language = models.CharField(max_length=8, blank=True)
    is_active = models.BooleanField(default=True)
    feed = models.CharField(max_length=64, blank=True)
    """SHA-256 of the token of the calendar feed; empty for none."""
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.person


class Invitation(models.Model):
    """A one-time link for one person; only its digest is kept."""

    token = models.CharField(max_length=64, unique=True)
    person = models.CharField(max_length=64, blank=True)
    """Empty for the first administrator, who says who they are."""
    email = models.EmailField(blank=True)
    by = models.CharField(max_length=64, blank=True)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True)


class Assignment(models.Model):
    """That someone is asked to answer a question, or a section."""

    system = models.CharField(max_length=100)
    assessment = models.CharField(max_length=200)
    question = models.CharField(max_length=100)
    person = models.CharField(max_length=64, db_index=True)
    by = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One person a question."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["system", "assessment", "question"], name="one_person_a_question"
            )
        ]


class Notice(models.Model):
    """Something that someone should know."""

    person = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=30)
    about = models.CharField(max_length=300)
    where = models.CharField(max_length=500)
    """Path of the page in this application."""
    by = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)
    read = models.DateTimeField(null=True, blank=True)


class RunState(models.Model):
    """How far a run of an audit is."""

    WAITING, RUNNING, DONE, FAILED, INTERRUPTED = (
        "waiting",
        "running",
        "done",
        "failed",
        "interrupted",
    )
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.CharField(max_length=100, db_index=True)
    state = models.CharField(max_length=12, default=WAITING)
    step = models.CharField(max_length=200, blank=True)
    folder = models.CharField(max_length=100, blank=True)
    """Name under the system's runs/."""
    by = models.CharField(max_length=64)
    pid = models.IntegerField(null=True, blank=True)
    asked = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    beat = models.DateTimeField(null=True, blank=True)
    """Last sign of life."""
    error = models.TextField(blank=True)


class FindingTask(models.Model):
    """Who mends a finding, by when, and where the work is tracked."""

    system = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    person = models.CharField(max_length=64, blank=True, db_index=True)
    due = models.DateField(null=True, blank=True)
    issue = models.CharField(max_length=500, blank=True)
    """Address of the issue."""
    by = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One a finding."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["system", "fingerprint"], name="one_task_a_finding")
        ]


class Remark(models.Model):
    """A comment on a finding or on a part of a report; none of it enters what is signed."""

    system = models.CharField(max_length=100)
    about = models.CharField(max_length=200)
    """``finding:FINGERPRINT``, or ``report`` for the report."""
    section = models.CharField(max_length=100, blank=True)
    """Part of the report that it is about."""
    words = models.TextField()
    by = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Read by what they are about."""

        indexes: ClassVar = [models.Index(fields=["system", "about"], name="remarks_by_subject")]


class Summary(models.Model):
    """What a file came to when it was last read; thrown away at will."""

    path = models.CharField(max_length=600, primary_key=True)
    seen = models.CharField(max_length=200)
    """Size, time and inode of all it rests on, and the day."""
    held = models.JSONField()
