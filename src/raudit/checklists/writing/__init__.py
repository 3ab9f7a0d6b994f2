"""Write into an answers file that a person edits: one answer, a review, a sign-off; everything else stays as it is.

Each function takes the text of the file and gives the new text; ``save`` does it to a file in one step. After every
write, answers to questions that are hidden stand in ``set_aside``, and come back when their question is shown again.
"""

from raudit.checklists.writing.answers import (
    add_evidence,
    entry_digest,
    record_answer,
    withdraw_answer,
)
from raudit.checklists.writing.decisions import (
    check_signer,
    met_condition,
    review_answer,
    signed_condition,
    signed_off,
)
from raudit.checklists.writing.entries import FIELDS, tidy
from raudit.checklists.writing.saving import save, save_locked

__all__ = [
    "FIELDS",
    "add_evidence",
    "check_signer",
    "entry_digest",
    "met_condition",
    "record_answer",
    "review_answer",
    "save",
    "save_locked",
    "signed_condition",
    "signed_off",
    "tidy",
    "withdraw_answer",
]
