"""Score answers: what is shown, points, values, level, outcomes, blockers, contradictions, what is open.

Conditions cascade: an answer that is hidden counts nowhere, and what it would have shown is hidden too. The score so
far never stands alone; the best and the worst case of what is still open stand beside it.
"""

from raudit.checklists.assess.assessment import Assessment
from raudit.checklists.assess.gaps import accepted
from raudit.checklists.assess.judging import assess
from raudit.checklists.assess.result import Contradicted, Figure, Open, Reached
from raudit.checklists.assess.signed import turning_days
from raudit.checklists.assess.words import answer_text, fill_in, row_text

__all__ = [
    "Assessment",
    "Contradicted",
    "Figure",
    "Open",
    "Reached",
    "accepted",
    "answer_text",
    "assess",
    "fill_in",
    "row_text",
    "turning_days",
]
