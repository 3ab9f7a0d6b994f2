"""The rules of the stage."""

from __future__ import annotations

from raudit.findings import Rule, Severity

_DATA = ("eu-ai-act:10", "nist-ai-rmf:MEASURE-2.1")


def _rule(
    number: int, severity: Severity, title: str, why: str, how: str, fix: str, *more: str
) -> Rule:
    return Rule(
        id=f"RA-DATA-{number:03}",
        title=title,
        why=why,
        how=how,
        fix=fix,
        severity=severity,
        requirements=(*_DATA, *more),
    )


MISSING = _rule(
    1,
    Severity.LOW,
    "A column is largely empty",
    "Results for a column that mostly arrives empty say more about who fills it in than about the people in it.",
    "Share of rows in which the column is missing, counted exactly, for every column that has a role in the audit. "
    "Unmistakable placeholders such as a question mark count as missing.",
    "Find out why the values are missing and for whom; leave the column out, or say in the record of the system "
    "how missing values are treated.",
)

UNSAFE = Rule(
    id="RA-DATA-002",
    title="The model file is code",
    why="A pickle is a program that runs when it is read. It can do whatever the audit may do, and change what the "
    "audit sees.",
    how="The format that the plan names for the model file. The digest the plan pins says which file was run; it does "
    "not say what the file does.",
    fix="Save the model in a format that is data: skops for scikit-learn, the own formats of libraries for boosted "
    "trees, or ONNX.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.7"),
)

PLACEHOLDER = _rule(
    3,
    Severity.LOW,
    "Missing values are written as values",
    "A question mark or 999 that stands for a missing value is counted, averaged and learnt from as if it were one.",
    "Texts and numbers that are used as placeholders are looked for in every column: texts by their words, numbers "
    "by standing apart from all other values of the column, days by being the first or last that systems can write. "
    "Words that can also be an answer, such as none, are counted and left undecided.",
    "Declare them under data.missing, or for an attribute under unknown; where the value is a real one, list it under "
    "stages.data_readiness.known_placeholders.",
)

DUPLICATE = _rule(
    4,
    Severity.MEDIUM,
    "Rows repeat earlier rows",
    "A row that stands twice counts twice: intervals are too narrow, and what was learnt from one copy is judged by "
    "the other.",
    "Rows that equal an earlier one in every compared column, counted exactly by hashes. What coincidence would give "
    "is counted on the same columns, each shuffled by itself, which is the least that look-alikes explain.",
    "Remove the copies, or name the person or unit (stages.data_readiness.unit) so that look-alikes are told apart.",
)

NEAR_DUPLICATE = _rule(
    5,
    Severity.LOW,
    "Rows are nearly copies of others",
    "A copy with one corrected cell is still a copy, and escapes a search for equal rows.",
    "Rows that equal another in every compared column but one. What coincidence would give is counted on the same "
    "columns, each shuffled by itself.",
    "Look at where the copies come from: corrections, exports of two systems, several cases of one person.",
)

SHARED = _rule(
    6,
    Severity.HIGH,
    "Training and audited data overlap",
    "A model judged on what it has seen looks better than it is.",
    "Audited rows that equal a row of the training data in every compared column; persons or units in both; audited "
    "rows no later than the latest training row. What coincidence would give is the share of training rows that have "
    "a twin among the other training rows.",
    "Split by person or by time, and check again; declare stages.data_readiness.unit and time.",
    "nist-ai-rmf:MEASURE-2.3",
)

LEAK = _rule(
    7,
    Severity.HIGH,
    "A feature gives the label away",
    "A column that is filled in after the outcome predicts it perfectly in the data and not at all in use.",
    "Area under the curve of each feature alone, out of fold, on codes learnt from the other folds: values, whether "
    "it is filled, last digits, words and prefixes of texts, pairs of features, and the order of rows. Held against "
    "the largest area that any of them reaches with shuffled labels. Time stamps after the outcome are counted.",
    "Ask when the value is known. Leave the feature out if it is not known at the time of the decision.",
    "nist-ai-rmf:MEASURE-2.3",
)

CONTRACT = _rule(
    8,
    Severity.HIGH,
    "A column breaks the contract",
    "A renamed column, another unit or a new level changes what a model says without an error anywhere.",
    "Names, types, ranges, levels and missing values against a contract: the file that data.contract names, or one "
    "learnt from the reference. A contract that was learnt says what was seen, not what is allowed, so its ranges and "
    "levels are left undecided.",
    "Mend the export, or change the contract on purpose.",
)

LABELS = _rule(
    9,
    Severity.MEDIUM,
    "Labels are fewer than they should be",
    "Rare classes are where models fail, and too few labels cannot show it.",
    "Rows with a label by class, counted exactly, against the plan's promise and the smallest accepted share.",
    "Label more cases of the class, or say that nothing is claimed about it.",
)

NOISE = _rule(
    10,
    Severity.MEDIUM,
    "Labels contradict the features",
    "Wrong labels are learnt, and the model that learnt them is judged right by them.",
    "Confident learning: out-of-fold class probabilities of boosted trees; a label is contradicted if another class "
    "is predicted with more than its usual confidence. The rate is that of the four fifths of each predicted class "
    "that the trees are surest of, with its exact (Clopper-Pearson) interval. Where classes overlap, labels that are "
    "right are contradicted too; then only an upper bound is given.",
    "Have a sample of contradicted labels checked by people who do not see the label.",
)

COVERAGE = _rule(
    11,
    Severity.MEDIUM,
    "A group is rarer than in the population",
    "What holds for those in the data need not hold for those who are missing.",
    "Share of each group with its Wilson interval (shared among all groups), against the declared population.",
    "Collect more cases of the group, or limit what is claimed.",
    "eu-ai-act:10.3",
)

TIME = _rule(
    12,
    Severity.LOW,
    "The data is old or has gaps",
    "What was true of last year's applicants need not be true of this year's.",
    "Newest and oldest row, and the longest time between rows that follow one another, by the time column.",
    "Renew the data; look for a failed export where the gap is.",
)

CONSTANT = _rule(
    13,
    Severity.LOW,
    "A column never changes",
    "A column with one value tells nothing, and often is an export that went wrong.",
    "Columns in which every value that is there is the same; missing values are counted apart. It fails if the column "
    "is always empty, or changes in the reference; without a reference nothing says whether it should.",
    "Leave it out, or mend the export.",
)

OUTLIER = _rule(
    14,
    Severity.LOW,
    "Values lie far outside",
    "One wrong unit or a doubled digit moves averages and models.",
    "Values outside the median plus or minus ten robust spreads on the side on which they lie, whose distance from "
    "all others is larger than the range of the others' middle 90 percent; columns of numbers with more than ten "
    "distinct values.",
    "Check the unit and the source of these values.",
)

RULES = (
    MISSING,
    UNSAFE,
    PLACEHOLDER,
    DUPLICATE,
    NEAR_DUPLICATE,
    SHARED,
    LEAK,
    CONTRACT,
    LABELS,
    NOISE,
    COVERAGE,
    TIME,
    CONSTANT,
    OUTLIER,
)
