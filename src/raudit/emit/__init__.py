"""Tell the log: every command that decides something writes its event, or says that nobody recorded it.

Entry points::

    books_of(answers, plan=) -> Books                   people, log and identity policy that go with a file
    keep(path, change, checklist, books) -> text        change answers, then tell the log; see ``emit.answers``
    write_new(path, text, checklist, books)             a file where there is none; migrate_answers carries one over
    settle(path, checklist, books)                      tell the log what it missed
    submit(path, checklist, books, by=)                 say that answers are ready to be reviewed
    before_run(plan, log, ...)                          people, policy, waivers and answers, before a run
    withdraw(log, ...), supersede(log, ...)             reports
    unplaced(folders, log) -> what to say                reports that a run left before they were in place
    enrolment_of(log)                                   what the log knows of keys, for ``check_statements``
    revocations_in(log)                                 waivers that were taken back
"""

from raudit.emit.answers import keep, migrate_answers, settle, submit, tell, write_new
from raudit.emit.books import Books, books_of
from raudit.emit.enrolment import enrolment_of, log_state
from raudit.emit.people import people_changed
from raudit.emit.reports import UNPLACED, supersede, supersede_earlier, unplaced, withdraw
from raudit.emit.runs import before_run
from raudit.emit.waivers import revocations_in

__all__ = [
    "UNPLACED",
    "Books",
    "before_run",
    "books_of",
    "enrolment_of",
    "keep",
    "log_state",
    "migrate_answers",
    "people_changed",
    "revocations_in",
    "settle",
    "submit",
    "supersede",
    "supersede_earlier",
    "tell",
    "unplaced",
    "withdraw",
    "write_new",
]
