"""The rules this stage answers."""

from __future__ import annotations

from raudit.findings import Rule, Severity

_MINIMISE = ("gdpr:5.1.c", "nist-ai-rmf:MEASURE-2.10", "iso-42001:A.7.4", "eu-ai-act:10")
_MODEL = (
    "A language model guesses; its errors are not in the interval, which covers the sampling alone."
)

DIRECT = Rule(
    id="RA-PII-001",
    title="A column identifies people directly",
    why="A name, address or number that belongs to one person makes every row of it personal data, and everything "
    "else in that row with it.",
    how="Patterns and checksums are counted in every row; names, places and addresses are looked for in a random "
    "sample, with a Clopper-Pearson interval. " + _MODEL,
    fix="Drop the column if nothing needs it; else pseudonymise it with a key that is kept elsewhere "
    "(raudit pii redact DATA -o OUTPUT). If it must stay, list it under stages.pii.expected, which leaves "
    "it for review, or waive it in the policy with who, why and until when.",
    severity=Severity.HIGH,
    requirements=(*_MINIMISE, "gdpr:25"),
)
SECRET = Rule(
    id="RA-PII-002",
    title="A column holds secrets",
    why="A password, key or token in a data set lets whoever reads it act as somebody else.",
    how="Known shapes of keys, tokens and password hashes are counted in every row, and columns named like secrets.",
    fix="Drop the column, revoke what was in it, and find out how it got there.",
    severity=Severity.CRITICAL,
    requirements=("gdpr:32", "gdpr:5.1.f", "nist-ai-rmf:MEASURE-2.7", "iso-42001:A.7.4"),
)
SPECIAL = Rule(
    id="RA-PII-003",
    title="A column belongs to a special category",
    why="Health, religion, ethnic origin, orientation, politics, union membership, biometrics, genetics and criminal "
    "convictions may be used only under narrow conditions, and harm most when they leak.",
    how="By the words of the column's name in all languages of the hints, and by values that belong to a vocabulary.",
    fix="Name the legal basis (GDPR Article 9(2), or Article 10 for convictions) and have it signed off; a column kept "
    "only to compare groups is listed under stages.pii.expected and stays for review.",
    severity=Severity.HIGH,
    requirements=(
        "gdpr:9",
        "gdpr:35",
        "eu-ai-act:10.5",
        "nist-ai-rmf:MEASURE-2.10",
        "iso-42001:A.7.4",
    ),
)
FREE_TEXT = Rule(
    id="RA-PII-004",
    title="Free text has personal data inside",
    why="Notes and comments carry names, numbers and addresses that nobody meant to share and no column name warns of.",
    how="In columns of sentences, patterns are counted in every row and names are looked for in a random sample.",
    fix="Redact the text before it is used (raudit pii redact DATA -o OUTPUT), or leave it out.",
    severity=Severity.HIGH,
    requirements=_MINIMISE,
)
FEATURE = Rule(
    id="RA-PII-005",
    title="The model is fed personal data",
    why="A model that takes an identifier can learn people by heart, and gives away that they were in its data.",
    how="The model's features are held against the columns found to identify people, or to be secret.",
    fix="Train without the column, or replace it by what the decision really needs.",
    severity=Severity.HIGH,
    requirements=("gdpr:5.1.c", "gdpr:25", "eu-ai-act:10", "nist-ai-rmf:MEASURE-2.10"),
)
SPECIAL_FEATURE = Rule(
    id="RA-PII-006",
    title="The model is fed a special category",
    why="A decision that rests on such a trait is unlawful in many places, whatever it does for accuracy.",
    how="The model's features are held against the columns of a special category.",
    fix="Train without it, or have the legal basis and the need for it signed off.",
    severity=Severity.HIGH,
    requirements=("gdpr:9", "gdpr:22.4", "eu-ai-act:10.5"),
)
SINGLING = Rule(
    id="RA-PII-007",
    title="People stand alone in a combination of columns",
    why="Age, sex and place name nobody, but together they can point to one row, and from there to one person.",
    how="Rows are grouped by the quasi-identifiers; k is the smallest group, and rows alone in theirs are counted "
    "exactly. Sets of two and three columns are tried for the worst.",
    fix="Coarsen (age bands, larger areas), drop a column, or keep access to the table narrow.",
    severity=Severity.MEDIUM,
    requirements=("gdpr:25", "gdpr:5.1.c", "nist-ai-rmf:MEASURE-2.10", "iso-42001:A.7.4"),
)
DIVERSITY = Rule(
    id="RA-PII-008",
    title="A group shares one sensitive value",
    why="If all rows of a group have the same outcome, who is known to be in the group has no secret left.",
    how="Distinct l-diversity in rows: those alone in their group, and those in a group that all share one value of "
    "the sensitive column. Beside it t-closeness: the total variation distance of the farthest group from everybody.",
    fix="Coarsen the quasi-identifiers until every group holds at least two values.",
    severity=Severity.LOW,
    requirements=("gdpr:25",),
)
NAMES = Rule(
    id="RA-PII-009",
    title="Names, places and addresses were not searched for",
    why="A scan that could not look for names must not read like one that found none.",
    how="Passed if a language model saw the sample of every text column; indeterminate if none is installed.",
    fix="Install a language model: pip install raudit brings one.",
    severity=Severity.MEDIUM,
    requirements=("nist-ai-rmf:MEASURE-2.10",),
)
CLEAN = Rule(
    id="RA-PII-010",
    title="Personal data may have been overlooked",
    why="Not finding is not proof. The bound says how common personal data could still be.",
    how="For columns without a finding: exact zero for patterns, and the upper Clopper-Pearson bound for names.",
    fix="Draw a larger sample (stages.pii.sample), or run the full mode.",
    severity=Severity.INFO,
    requirements=("nist-ai-rmf:MEASURE-2.10",),
)
GAP = Rule(
    id="RA-PII-011",
    title="Part of the data could not be read",
    why="What was not read was not searched.",
    how="Files and columns that could not be read, cells that were cut, and cells with text in base64 are "
    "counted.",
    fix="Repair or remove the file, and scan again.",
    severity=Severity.MEDIUM,
    requirements=("nist-ai-rmf:MEASURE-2.10",),
)
SUSPECTED = Rule(
    id="RA-PII-012",
    title="A column looks like an identifier but fails its checksum",
    why="Test data, masked data and mistyped data look like this, and so do real numbers of a kind not known here.",
    how="The column's name and the shape of its values fit, and the checksum does not.",
    fix="Look at the column: if the numbers are real, treat it as RA-PII-001; if they are made up, list it under "
    "stages.pii.expected.",
    severity=Severity.MEDIUM,
    requirements=_MINIMISE,
)
RULES = (
    DIRECT,
    SECRET,
    SPECIAL,
    FREE_TEXT,
    FEATURE,
    SPECIAL_FEATURE,
    SINGLING,
    DIVERSITY,
    NAMES,
    CLEAN,
    GAP,
    SUSPECTED,
)
