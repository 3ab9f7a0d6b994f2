"""Small audits of four kinds, made up and measured, whose reports the tests read."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from raudit.emit.judging import judge_record
from raudit.pipeline import measure, prepare
from raudit.plan import load_plan
from raudit.record import parse_record, record_bytes

CLOCK = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
PEOPLE = "Example Works"
SYSTEM = 'organisation: {people}, owner: it@example.org, version: "1", purpose: Made up for a test.'
PLANS = {
    "regression": """
system: {name: Salary advice, SYSTEM, jurisdictions: [eu], sector: employment}
task: regression
data: {path: data.csv, label: {column: salary}, prediction: {column: suggested}}
sensitive_features: [{column: sex, label: Sex}, {column: region, label: Region}]
stages: {data_readiness: {}, fairness: {}, pii: {}}
""",
    "ranking": """
system: {name: Candidate search, SYSTEM, jurisdictions: [us], sector: employment}
task: ranking
data:
  path: data.csv
  label: {column: hired, favourable: "1", unfavourable: "0"}
  score: {column: score}
sensitive_features: [{column: sex, label: Sex}, {column: region, label: Region}]
stages: {fairness: {}, pii: {}}
""",
    "ll144": """
system:
  {name: Interview screen, SYSTEM, jurisdictions: [us-nyc], sector: employment,
   distribution_date: "2026-03-01"}
auditor: {name: Example Audits, independence: Neither built nor sells the tool.}
data: {path: data.csv, prediction: {column: invited, favourable: "1", unfavourable: "0"}}
sensitive_features: [{column: sex, label: Sex}, {column: race, label: Race/Ethnicity}]
stages: {fairness: {presets: [nyc-ll144]}}
""",
    "personal": """
system: {name: Customer extract, SYSTEM, jurisdictions: [eu], sector: other}
data: {path: data.csv}
stages: {pii: {}}
""",
}
RACES = ("White", "Black or African American", "Hispanic or Latino", "Asian", "Unknown")


def rows_of(kind, count=600):
    """Rows of made-up people, the same every time."""
    draw = random.Random(7)
    for i in range(count):
        man = draw.random() < 0.55
        sex, region = ("Male" if man else "Female"), draw.choice(("North", "South", "East"))
        years = draw.randrange(20)
        if kind == "regression":
            truth = 32000 + 1500 * years + 4000 * man + draw.gauss(0, 3000)
            guess = truth + draw.gauss(-800 * man, 2500)
            yield {"sex": sex, "region": region, "years": years} | {
                "salary": round(truth),
                "suggested": round(guess),
            }
        elif kind == "ranking":
            hired = draw.randrange(2)
            score = round(hired + draw.gauss(0.2 * man, 1), 6)
            yield {"sex": sex, "region": region, "hired": hired, "score": score}
        elif kind == "ll144":
            invited = int(draw.random() < 0.3 + 0.1 * man)
            yield {"sex": sex, "race": draw.choices(RACES, (50, 20, 15, 12, 3))[0]} | {
                "invited": invited
            }
        else:
            name = draw.choice(("Anna Smith", "John Meyer", "Maria Novak", "Peter Khan"))
            mail = name.lower().replace(" ", ".") + f"{i}@example.org"
            yield {"customer": name, "email": mail, "zip": 10000 + draw.randrange(300)} | {
                "gender": "fm"[man],
                "amount": round(draw.gammavariate(2, 50), 2),
            }


def audit_of(kind, folder):
    """The record of one kind of audit, as it is stored."""
    rows = list(rows_of(kind))
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    (folder / "data.csv").write_text("\n".join(lines) + "\n")
    text = PLANS[kind].replace("SYSTEM", SYSTEM.format(people=PEOPLE))
    (folder / "raudit.yaml").write_text("schema: raudit.plan/1" + text + "policy: default\n")
    plan = load_plan(folder / "raudit.yaml")
    record = measure(prepare(plan, clock=CLOCK))
    return parse_record(record_bytes(judge_record(plan, record, today=CLOCK.date())))
