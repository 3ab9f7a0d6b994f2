"""The folder that is served: one sub-folder a system, and people.yaml, keys and log beside them.

The files are the truth. What the browser alone needs lies in ``.raudit-web``: accounts, assignments,
notices, run states. Losing that loses no evidence.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from raudit.emit import Books
from raudit.emit.books import PLAN_NAME
from raudit.emit.keys import LOG_KEY, LOG_VKEY, SIGNING_CERTIFICATE, SIGNING_KEY, first_keys
from raudit.errors import UsageError
from raudit.files import write_whole
from raudit.log import PASSPHRASE_VARIABLE, Log, load_log_key, open_log
from raudit.people import FILE_NAME, People, load_people
from raudit.plan import Plan, load_plan
from raudit.policy.waive import HEAD

DATA = ".raudit-web"
LOG_NAME = "raudit-log.db"
SLUG = re.compile(r"[^\W_](?:[\w.-]{0,98}\w)?", re.UNICODE)
"""Names of folders that can be systems; nothing hidden, nothing that leads elsewhere."""


class SystemUnknownError(UsageError):
    """No such system in the workspace."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with systems."""

    folder: Path

    @property
    def data(self) -> Path:
        """What the browser application keeps for itself."""
        return self.folder / DATA

    @property
    def people_file(self) -> Path:
        """Who people are."""
        return self.folder / FILE_NAME

    @property
    def keys(self) -> Path:
        """Keys of the reports and of the log."""
        return self.folder / "keys"

    @property
    def log_file(self) -> Path:
        """The log of all systems."""
        return self.folder / LOG_NAME

    @property
    def certificate(self) -> Path:
        """Certificate that the reports are signed with."""
        return self.keys / SIGNING_CERTIFICATE

    @property
    def vkey(self) -> Path:
        """Verifier key of the log."""
        return self.keys / LOG_VKEY

    def prepare(self, clock: datetime) -> None:
        """Make what a workspace needs and does not have yet: folder, people.yaml, keys, log."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.people_file.exists():
            write_whole(self.people_file, b"schema: raudit.people/1\npeople: []\n")
        if not self.keys.exists():
            name = re.sub(r"[^\w.-]+", "-", self.folder.resolve().name) or "workspace"
            first_keys(self.keys, name=name, log_name=f"{name}-log", clock=clock)

    def secret(self) -> str:
        """Key that sessions are signed with; made once, readable by its owner alone."""
        path = self.data / "secret"
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(50))
        return path.read_text().strip()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the workspace for the life of a server: two on one workspace must be impossible.

        Raises
        ------
        UsageError
            If another one has it.
        """
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.data / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise UsageError(
                "another raudit serve has this workspace",
                reference="workspace-taken",
                where=str(self.folder),
                hint="stop it first; two servers on one workspace would lose each other's work",
            ) from error
        finally:
            os.close(handle)

    def slugs(self) -> list[str]:
        """Names of the systems' folders, sorted."""
        with os.scandir(self.folder) as listing:
            names = [
                entry.name for entry in listing if SLUG.fullmatch(entry.name) and entry.is_dir()
            ]
        return sorted(name for name in names if os.path.isfile(self.folder / name / PLAN_NAME))  # noqa: PTH113 -- twice as fast, and 500 of them

    def place(self, slug: str) -> Path:
        """Folder of a system.

        Raises
        ------
        SystemUnknownError
            If there is none; a name is looked up, never joined unseen.
        """
        path = self.folder / slug
        if not SLUG.fullmatch(slug) or not (path / PLAN_NAME).is_file() or path.is_symlink():
            raise SystemUnknownError(
                "there is no such system", reference="system-unknown", got=slug[:100]
            )
        return path

    def plan(self, slug: str) -> Plan:
        """The plan of a system."""
        return load_plan(self.place(slug) / PLAN_NAME)

    def people(self) -> People:
        """Who people are now."""
        return load_people(self.people_file)

    def log(self) -> Log:
        """Open the log, making it on first use."""
        key = load_log_key(self.keys / LOG_KEY, passphrase=os.environ.get(PASSPHRASE_VARIABLE))
        return open_log(self.log_file, key=key, create=True)

    @contextmanager
    def books(self, actor: str, *, clock: datetime | None = None) -> Iterator[Books]:
        """People and log for what concerns no single system."""
        with self.log() as log:
            yield Books(people=self.people(), log=log, clock=clock or now(), actor=actor)


def has_data(plan: Plan) -> bool:
    """Tell whether a run can be asked for: the data file is there, or a database gives the rows."""
    section = plan.file.data
    if section.path is None:
        return section.in_database
    return section.in_database or plan.path(section.path).exists()


def now() -> datetime:
    """The time, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


NO_WAIVERS = HEAD.encode()
"""A plan that names a waivers file has one."""


def plan_text(
    *,
    name: str,
    version: str,
    purpose: str,
    owner: str,
    affected: str,
    data: str,
    checklists: dict[str, str],
    rest: str,
) -> str:
    """A plan for a new system of a workspace.

    Parameters
    ----------
    data
        Path of the data, relative to the plan.
    checklists
        Answers file by checklist.
    rest
        Further lines: label, sensitive features, model.
    """
    import json

    def quoted(text: str) -> str:
        return json.dumps(" ".join(text.split()), ensure_ascii=False)

    assessments = [
        f"  - {{checklist: {name}, answers: {path}}}" for name, path in checklists.items()
    ]
    return "\n".join(
        [
            "schema: raudit.plan/1",
            "",
            "system:",
            f"  name: {quoted(name)}",
            f"  version: {quoted(version)}",
            f"  purpose: {quoted(purpose)}",
            f"  owner: {quoted(owner)}",
            f"  affected: {quoted(affected)}",
            "",
            "data:",
            f"  path: {data}",
            *([rest.rstrip("\n")] if rest.strip() else []),
            "",
            *(["assessments:", *assessments, ""] if assessments else []),
            f"people: ../{FILE_NAME}",
            "waivers: waivers.yaml",
            "",
            "signing:",
            f"  key: ../keys/{SIGNING_KEY}",
            f"  certificate: ../keys/{SIGNING_CERTIFICATE}",
            "",
            "log:",
            f"  path: ../{LOG_NAME}",
            f"  key: ../keys/{LOG_KEY}",
            "",
        ]
    )
