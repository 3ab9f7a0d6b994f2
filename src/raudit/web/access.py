"""Who may open what: one table by page and method. What is not in it is closed.

Roles come from people.yaml, by system. ``author`` answers, ``reviewer`` accepts and sends back, ``operator`` runs
audits and asks for waivers, ``administrator`` keeps people and roles; every other role is one that signs. Whoever has
any role for a system may read it. Beyond this table the functions below the browser refuse an own answer, an own
waiver and a role that is not one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raudit.people import EVERYWHERE, People, PersonEntry

ANYONE, SIGNED_IN, EVERYTHING = "anyone", "signed in", "reader of every system"
MAKER = "operator of every system"
"""Whoever may add a system: an operator of every system, or an administrator."""
READER, AUTHOR, REVIEWER, SIGNER, OPERATOR, ADMINISTRATOR = (
    "reader",
    "author",
    "reviewer",
    "signer",
    "operator",
    "administrator",
)
BUILT_IN = (READER, AUTHOR, REVIEWER, OPERATOR, ADMINISTRATOR)

ACCESS: Mapping[str, Mapping[str, str]] = {
    "home": {"GET": SIGNED_IN},
    "portfolio": {"GET": SIGNED_IN},
    "notices": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "feed": {"GET": ANYONE},
    "help": {"GET": SIGNED_IN},
    "verify": {"GET": ANYONE, "POST": ANYONE},
    "invited": {"GET": ANYONE, "POST": ANYONE},
    "language": {"POST": ANYONE},
    "favicon": {"GET": ANYONE},
    "account": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "new-system": {"GET": MAKER, "POST": MAKER},
    "system": {"GET": READER},
    "assessment": {"GET": READER},
    "next": {"GET": READER},
    "section": {"GET": READER, "POST": AUTHOR},
    "question": {"GET": READER},
    "note": {"POST": READER},
    "assign": {"POST": AUTHOR},
    "evidence": {"POST": AUTHOR},
    "evidence-file": {"GET": READER},
    "submit": {"POST": AUTHOR},
    "import": {"GET": AUTHOR, "POST": AUTHOR},
    "download": {"GET": READER},
    "review": {"GET": REVIEWER, "POST": REVIEWER},
    "sign": {"GET": SIGNER, "POST": SIGNER},
    "sign-finish": {"GET": SIGNER, "POST": SIGNER},
    "met": {"POST": REVIEWER},
    "labels": {"GET": AUTHOR, "POST": AUTHOR},
    "findings": {"GET": READER},
    "finding": {"GET": READER},
    "finding-task": {"POST": OPERATOR},
    "finding-remark": {"POST": READER},
    "waive": {"GET": OPERATOR, "POST": OPERATOR},
    "waiver-approve": {"GET": SIGNER, "POST": SIGNER},
    "report": {"GET": READER},
    "report-remark": {"POST": READER},
    "report-page": {"GET": READER},
    "report-file": {"GET": READER},
    "runs": {"GET": READER},
    "run-start": {"POST": OPERATOR},
    "run": {"GET": READER},
    "compare": {"GET": READER},
    "trend": {"GET": READER},
    "log": {"GET": EVERYTHING},
    "log-entry": {"GET": EVERYTHING},
    "log-export": {"GET": EVERYTHING},
    "people": {"GET": ADMINISTRATOR},
    "person-add": {"POST": ADMINISTRATOR},
    "person-roles": {"POST": ADMINISTRATOR},
    "invite": {"POST": ADMINISTRATOR},
    # Sign-in, by allauth.
    "account_login": {"GET": ANYONE, "POST": ANYONE},
    "account_logout": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_inactive": {"GET": ANYONE},
    "account_reauthenticate": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_change_password": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_index": {"GET": SIGNED_IN},
    "mfa_authenticate": {"GET": ANYONE, "POST": ANYONE},
    "mfa_reauthenticate": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_list_webauthn": {"GET": SIGNED_IN},
    "mfa_add_webauthn": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_remove_webauthn": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_edit_webauthn": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_reauthenticate_webauthn": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_login_webauthn": {"GET": ANYONE, "POST": ANYONE},
    "mfa_activate_totp": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_deactivate_totp": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_view_recovery_codes": {"GET": SIGNED_IN},
    "mfa_generate_recovery_codes": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "mfa_download_recovery_codes": {"GET": SIGNED_IN},
    "openid_connect_login": {"GET": ANYONE, "POST": ANYONE},
    "openid_connect_callback": {"GET": ANYONE},
    "socialaccount_login_error": {"GET": ANYONE},
    "socialaccount_login_cancelled": {"GET": ANYONE},
    "socialaccount_signup": {"GET": ANYONE},
}


@dataclass(frozen=True, slots=True)
class Who:
    """Someone who is signed in, and what people.yaml lets them do."""

    person: str
    people: People

    @property
    def entry(self) -> PersonEntry | None:
        """The person in people.yaml."""
        return self.people.by_id.get(self.person)

    @property
    def name(self) -> str:
        """Name to show."""
        return (self.entry.name if self.entry else "") or self.person

    def roles(self, system: str) -> frozenset[str]:
        """Roles for a system, by its name; an administrator of everything keeps that everywhere."""
        grants = self.entry.roles if self.entry else ()
        return frozenset(
            grant.role for grant in grants if grant.systems == EVERYWHERE or system in grant.systems
        )

    def signs_as(self, system: str) -> tuple[str, ...]:
        """Roles in which this person signs for a system."""
        return tuple(sorted(self.roles(system) - frozenset(BUILT_IN)))

    def may(self, need: str, system: str) -> bool:
        """Whether a need of the table is met for a system."""
        roles = self.roles(system)
        if need == READER:
            return bool(roles)
        if need == SIGNER:
            return bool(self.signs_as(system))
        return need in roles

    @property
    def reads_everything(self) -> bool:
        """Whether this person has a role for every system; the log tells of all of them."""
        grants = self.entry.roles if self.entry else ()
        return any(grant.systems == EVERYWHERE for grant in grants)

    @property
    def makes_systems(self) -> bool:
        """Whether this person may add systems."""
        grants = self.entry.roles if self.entry else ()
        return self.administers or any(
            grant.role == OPERATOR and grant.systems == EVERYWHERE for grant in grants
        )

    @property
    def administers(self) -> bool:
        """Whether this person keeps people and roles."""
        grants = self.entry.roles if self.entry else ()
        return any(grant.role == ADMINISTRATOR and grant.systems == EVERYWHERE for grant in grants)


def name_of(people: People, person: str) -> str:
    """A person's name for print; the text itself for someone unknown."""
    entry = people.find(person)
    return (entry.name or entry.id) if entry else person
