"""The rules this stage answers."""

from raudit.findings import Rule, Severity

COMPLETE = Rule(
    id="RA-ASMT-001",
    title="An assessment has open questions",
    why="A question nobody answered is a risk nobody looked at; an empty form must never look like a low risk.",
    how="Every question that is shown and required has an answer, and no answer is marked unknown or to be corrected.",
    fix="raudit assess status ANSWERS lists what is missing, by line.",
    severity=Severity.HIGH,
    requirements=("nist-ai-rmf:MAP-1.1",),
)
CONTRADICTED = Rule(
    id="RA-ASMT-002",
    title="The evidence contradicts an answer",
    why="A signed answer that the audit's own measurements refute misleads everyone who relies on it.",
    how="Answers are held against the facts that the other stages measured in the same run.",
    fix="Correct the answer, or change the system or the data until it is true; then have it signed again.",
    severity=Severity.HIGH,
    requirements=("gdpr:5.2",),
)
BLOCKED = Rule(
    id="RA-ASMT-003",
    title="An answer stops the launch",
    why="Some answers say that a condition for going ahead is not met.",
    how="The checklist names the combinations of answers that must not be.",
    fix="Do what the sentence asks for, answer again, and have it signed again.",
    severity=Severity.CRITICAL,
    requirements=("nist-ai-rmf:MANAGE-1",),
)
SIGNED = Rule(
    id="RA-ASMT-004",
    title="An assessment has no approval that holds",
    why="An assessment without a decision by someone who may decide, other than its author, is a draft.",
    how="Each role that the checklist asks for has approved exactly these answers and is no author of them, a signed "
    "statement proves who it was (or the plan says identity: stated), and the review date has not passed.",
    fix="raudit assess sign ANSWERS --role ROLE --by PERSON --key FILE",
    severity=Severity.HIGH,
    requirements=("nist-ai-rmf:GOVERN-2.1",),
)
RULES = (COMPLETE, CONTRADICTED, BLOCKED, SIGNED)
