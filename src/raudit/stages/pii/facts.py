"""Facts that the stage ``pii`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType

FACTS = (
    Fact(name="pii.assessed", type=FactType.TRUTH, meaning="Whether the data set was scanned."),
    Fact(
        name="pii.names_assessed",
        type=FactType.TRUTH,
        meaning="Whether names of persons were searched for by a language model.",
    ),
    Fact(
        name="pii.columns_with_personal_data",
        type=FactType.LIST,
        meaning="Columns in which personal data was found.",
    ),
    Fact(
        name="pii.entity_types",
        type=FactType.MAPPING,
        meaning="Entity types of each column with personal data.",
    ),
    Fact(
        name="pii.free_text_columns_with_personal_data",
        type=FactType.LIST,
        meaning="Columns of free text with personal data inside.",
    ),
    Fact(
        name="pii.special_category_columns",
        type=FactType.LIST,
        meaning="Columns of a special category (GDPR, Article 9).",
    ),
    Fact(
        name="pii.withheld_columns",
        type=FactType.LIST,
        meaning="Columns whose values may name somebody, so that no stage writes one of them down.",
    ),
    Fact(
        name="pii.secret_columns",
        type=FactType.LIST,
        meaning="Columns with passwords, keys or tokens.",
    ),
    Fact(
        name="pii.quasi_identifiers",
        type=FactType.LIST,
        meaning="Columns that single people out together.",
    ),
    Fact(
        name="pii.k_anonymity",
        type=FactType.NUMBER,
        meaning="Smallest number of rows that share the same quasi-identifiers.",
    ),
    Fact(
        name="pii.rows_alone",
        type=FactType.NUMBER,
        meaning="Rows whose quasi-identifiers no other row has.",
    ),
    Fact(
        name="pii.rows_alone_share",
        type=FactType.NUMBER,
        meaning="Share of rows whose quasi-identifiers no other row has, 0 to 1.",
    ),
)
