"""The rules this stage answers."""

from raudit.findings import Rule, Severity

ADDITIVE = Rule(
    id="RA-XPL-001",
    title="Explanations do not add up to the model's output",
    why="An explanation whose parts do not add up describes another model than the one in use.",
    how="Base value plus SHAP values is compared with the model's margin on every explained row. On up to 2,000 of "
    "them the sum is led through the link that its unit implies and held against what the model itself predicts from "
    "the raw columns. Both largest differences are held against a tolerance for the model's family. Where no link "
    "leads from the margin to the prediction (calibration over several folds), the verdict is indeterminate.",
    fix="Update the model library and shap to versions that fit each other; if the sums add up and still miss the "
    "prediction, report it, and until then audit the predictions as columns.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:13", "nist-ai-rmf:MEASURE-2.9"),
)
PROXY = Rule(
    id="RA-XPL-002",
    title="Features stand in for a sensitive feature",
    why="Leaving a sensitive feature out of the model does not help where other features carry the same information.",
    how="Each feature of the model, alone, predicts the sensitive feature; the area under the curve, taken on rows "
    "that were not used to learn it, is held against stages.explain.proxy_auc.",
    fix="Find out whether the feature is needed for the purpose; if not, drop or coarsen it, retrain, and audit again.",
    severity=Severity.MEDIUM,
    requirements=("eu-ai-act:10", "gdpr:5.1.a", "nist-ai-rmf:MEASURE-2.11"),
)
GAP = Rule(
    id="RA-XPL-003",
    title="Which features carry a gap between groups is not known",
    why="A gap between groups can only be judged and mended when it is known which features carry it.",
    how="Mean SHAP values of one group less those of all others, per feature; the parts add up to the difference of "
    "the groups' mean margins. This is not the difference of selection rates.",
    fix="Look at the features with the largest parts: are they needed, and are they measured alike for all groups?",
    severity=Severity.INFO,
    requirements=("eu-ai-act:13", "eu-ai-act:14", "nist-ai-rmf:MEASURE-2.9"),
)
PRECISE = Rule(
    id="RA-XPL-004",
    title="Explanations rest on too few rows",
    why="Importance and gaps are means over a sample; where their intervals are wide, another sample would have told "
    "another story.",
    how="Rows are drawn so that small groups are well covered, and doubled until every interval is narrower than "
    "stages.explain.tolerance times the standard deviation of the model's output, or until the rows allowed are used.",
    fix="Allow more rows (stages.explain.rows); where all rows of a group are in, only more data helps.",
    severity=Severity.LOW,
    requirements=("eu-ai-act:13", "nist-ai-rmf:MEASURE-2.9"),
)
TOGETHER = Rule(
    id="RA-XPL-005",
    title="Features move together, so that their shares can be exchanged",
    why="Where two features carry the same information, a model may use either. The share that one of them gets then "
    "says little; only their sum does.",
    how="Association of every two of the most important features, from 0 to 1: rank correlation of numbers, Cramer's V "
    "of categories, correlation ratio of ranks between the two, held against stages.explain.association.",
    fix="Read such features as one, or keep only one of them and train again.",
    severity=Severity.LOW,
    requirements=("eu-ai-act:13", "nist-ai-rmf:MEASURE-2.9"),
)
CONFIDENT = Rule(
    id="RA-XPL-006",
    title="Confident decisions are wrong more often in one group",
    why="People rely on scores near the ends. Where those are wrong more often for one group, its members bear the "
    "mistakes that nobody checks.",
    how="Of the people whose score is at least stages.explain.confident (or as low at the other end), the share whose "
    "true outcome was the other one, by group; the largest difference of two groups is held against "
    "stages.explain.confident_gap.",
    fix="Look at the features that push the wrong ones; calibrate by group, and send such cases to a person.",
    severity=Severity.MEDIUM,
    requirements=("eu-ai-act:14", "eu-ai-act:15", "nist-ai-rmf:MEASURE-2.11"),
)
RULES = (ADDITIVE, PROXY, GAP, PRECISE, TOGETHER, CONFIDENT)
