"""Tables and pictures of assessments."""

from __future__ import annotations

from collections.abc import Sequence

from raudit.checklists import Assessment
from raudit.checklists.assess import answer_text, row_text
from raudit.checklists.form.schema import Kind
from raudit.checklists.form.scope import row_level
from raudit.checklists.prints.register import risk_register
from raudit.pictures import Matrix, Square
from raudit.record import Column, Figure, Table
from raudit.sentences import joined, say, term


def overview_table(results: Sequence[Assessment]) -> Table:
    """One row an assessment."""
    rows = [
        {
            "title": term(result.checklist.file.title),
            "version": result.checklist.file.version,
            "answered": say(
                "{answered} of {count}", answered=result.answered, count=len(result.visible)
            ),
            "accepted": result.accepted,
            "open": len(result.open),
            "blocking": len(result.blockers) + len(result.overdue),
            "contradicted": len(result.contradictions),
            "level": term(result.standing),
        }
        for result in results
    ]
    columns = (
        Column(key="title", label="Assessment"),
        Column(key="version", label="Version", kind="code"),
        Column(key="answered", label="Answered"),
        Column(key="accepted", label="Accepted", kind="count"),
        Column(key="open", label="Open", kind="count"),
        Column(key="blocking", label="Blocking", kind="count"),
        Column(key="contradicted", label="Contradicted", kind="count"),
        Column(key="level", label="Level"),
    )
    return Table(id="overview", title="Assessments at a glance", columns=columns, rows=tuple(rows))


def reasons_table(results: Sequence[Assessment]) -> Table:
    """One row for each level, outcome and blocker, with the sentence that says why."""
    rows = []
    for result in results:
        level, title = result.checklist.file.scoring.level, result.checklist.file.title
        title_of = result.checklist.level_title
        said = [
            (title_of(b.id), b.because)
            for b in (level.bands if level else ())
            if b.id == result.level
        ]
        said += [(reached.title, reached.because) for reached in result.outcomes]
        said += [(say("stops it"), because) for because in (*result.blockers, *result.overdue)]
        rows += [
            {"title": term(title), "outcome": term(o), "because": term(why)}
            for o, why in said
            if why
        ]
    columns = (
        Column(key="title", label="Assessment"),
        Column(key="outcome", label="Outcome"),
        Column(key="because", label="Because"),
    )
    return Table(
        id="reasons", title="What they come to, and why", columns=columns, rows=tuple(rows)
    )


def answers_table(result: Assessment) -> Table:
    """Every question that is shown, its answer and its review.

    A row also has its ``state``, for programs: that of the review, ``contradicted`` or ``open``.
    """
    contradicted = {item.question for item in result.contradictions}
    lacking = {item.question: item.reason for item in result.open}
    rows = []
    for name in result.visible:
        question, answer = result.checklist.questions[name], result.answers.file.answers.get(name)
        value = result.answers.values.get(name)
        said = answer_text(question, value)
        if question.type is Kind.ROWS and value:
            said = joined(
                " ",
                (
                    say("({number}) {row_text}", number=number, row_text=row_text(question, row))
                    for number, row in enumerate(value, 1)
                ),
            )
        if answer is not None and answer.state != "answered":
            said = term(answer.state.replace("_", " "))
        state = answer.review.state if answer else ""
        gap = lacking.get(name, "")
        refuted = name in contradicted
        rows.append(
            {
                "question": term(question.text),
                "answer": say("{said} — {why}", said=said, why=answer.why)
                if answer is not None and answer.why
                else said,
                "by": answer.by if answer else "",
                "review": term("contradicted") if refuted else gap or term(_words(state)),
                "id": name,
                "state": "contradicted" if refuted else "open" if gap else state,
            }
        )
    columns = (
        Column(key="question", label="Question"),
        Column(key="answer", label="Answer and reason"),
        Column(key="by", label="By"),
        Column(key="review", label="Review"),
        Column(key="id", label="Id", kind="code"),
    )
    title = say("{title}: answers", title=term(result.checklist.file.title))
    return Table(
        id=f"answers-{result.checklist.id}", title=title, columns=columns, rows=tuple(rows)
    )


def answered_clauses(results: Sequence[Assessment]) -> dict[str, list[dict[str, str]]]:
    """Which question bears on which clause, and how far its answer holds.

    Returns
    -------
    dict
        By clause, such as ``gdpr:35.9``: checklist, question and state, which is ``contradicted``, ``open``,
        ``accepted`` or ``answered``.
    """
    found: dict[str, list[dict[str, str]]] = {}
    for result in results:
        refuted = {item.question for item in result.contradictions}
        lacking = {item.question for item in result.open}
        for name in result.visible:
            answer = result.answers.file.answers.get(name)
            state = (
                "accepted"
                if answer is not None and answer.review.state == "accepted"
                else "answered"
            )
            state = (
                "contradicted"
                if name in refuted
                else "open"
                if name in lacking or answer is None
                else state
            )
            for clause in result.checklist.questions[name].maps_to:
                entry = {"checklist": result.checklist.id, "question": name, "state": state}
                found.setdefault(clause, []).append(entry)
    return dict(sorted(found.items()))


def contradictions_table(results: Sequence[Assessment]) -> Table:
    """Both sides of each contradiction, and where in the record the measured side stands."""
    rows = []
    for result in results:
        for item in result.contradictions:
            places = [
                say("{pointer} = {value}", pointer=(place.pointer or place.fact), value=place.value)
                for place in item.places
            ]
            places += [
                say(
                    "{pointer} ({rule}, {subject})",
                    pointer=f.pointer,
                    rule=f.rule,
                    subject=f.subject,
                )
                for place in item.places
                for f in place.findings
            ]
            rows.append(
                {
                    "question": term(result.checklist.questions[item.question].text),
                    "answer": say("{answer} — {by}", answer=item.answer, by=item.by)
                    if item.by
                    else item.answer,
                    "measured": item.because,
                    "places": joined("; ", places),
                }
            )
    columns = (
        Column(key="question", label="Question"),
        Column(key="answer", label="Answer"),
        Column(key="measured", label="What was measured"),
        Column(key="places", label="Where in record.json"),
    )
    caption = "Places are JSON pointers (RFC 6901) into the record that is attached to this report."
    return Table(
        id="contradictions",
        title="Answers that the evidence contradicts",
        columns=columns,
        rows=tuple(rows),
        caption=caption,
    )


def signoff_table(result: Assessment) -> Table:
    """Every sign-off and whether it holds; for programs also ``decided``, ``proven`` and ``stands``."""
    rows = [
        {
            "role": term(state.signoff.role),
            "decision": term(state.signoff.decision.replace("_", " ")),
            "by": state.signoff.by,
            "identity": state.identity,
            "at": state.signoff.at.date().isoformat(),
            "conditions": joined(
                "; ",
                (c.said for c in result.conditions if state.holds and c.role == state.signoff.role),
            ),
            "holds": say("holds") if state.holds else state.because,
            "decided": state.signoff.decision,
            "proven": state.proven,
            "stands": state.holds,
        }
        for state in result.signoffs
    ]
    columns = (
        Column(key="role", label="Role"),
        Column(key="decision", label="Decision"),
        Column(key="by", label="By"),
        Column(key="identity", label="Identity"),
        Column(key="at", label="When"),
        Column(key="conditions", label="Conditions"),
        Column(key="holds", label="State"),
    )
    title = say("{title}: sign-offs", title=term(result.checklist.file.title))
    return Table(
        id=f"signoffs-{result.checklist.id}", title=title, columns=columns, rows=tuple(rows)
    )


def register_table(results: Sequence[Assessment]) -> Table:
    """Every risk of every assessment: what blocks first, then worst first."""
    rows = tuple(
        {
            "risk": risk.risk,
            "level": term(risk.level or risk.source),
            "measure": risk.measure,
            "residual": term(risk.residual) if risk.residual else "",
            "owner": risk.owner,
            "due": risk.due,
            "priority": f"{risk.priority:,}"
            if risk.priority is not None
            else say("not rated: {not_rated}", not_rated=term(risk.not_rated)),
            "assessment": risk.assessment,
            "source": risk.source,
        }
        for risk in risk_register(results)
    )
    columns = (
        Column(key="risk", label="Risk"),
        Column(key="level", label="Before"),
        Column(key="measure", label="Measure"),
        Column(key="residual", label="After"),
        Column(key="owner", label="Owner"),
        Column(key="due", label="Due"),
        Column(key="priority", label="Priority"),
        Column(key="assessment", label="From", kind="code"),
    )
    caption = (
        "Priority is people concerned in a year × impact × confidence for each person-day of labelling, retraining, "
        "monitoring and regulatory review. Impact is 3 for the highest level and 2, 1, 0.5, 0.25 for those below; "
        "confidence is 1, 0.8 or 0.5. It orders work; it does not make a risk acceptable. A risk for which one of "
        "these numbers was not given is not rated, and the column says which is missing."
    )
    return Table(
        id="risk-register", title="Risk register", columns=columns, rows=rows, caption=caption
    )


def risk_matrix(result: Assessment) -> list[Figure]:
    """How many risks lie in each cell of each table."""
    figures = []
    for name, table in result.checklist.file.tables.items():
        rows = [
            row
            for question in result.checklist.file.register_from
            if question in result.visible and result.checklist.questions[question].type is Kind.ROWS
            for row in result.answers.values.get(question, ())
        ]
        placed = [row for row in rows if row_level(result.checklist, name, row)]
        if not placed:
            continue
        top = max(len(table.order) - 1, 1)
        cells, said = [], []
        for i, first in enumerate(table.rows):
            line = []
            for j, second in enumerate(table.cols):
                count = sum(
                    1 for row in placed if row[table.row] == first and row[table.col] == second
                )
                level = table.cells[i][j]
                line.append(
                    Square(
                        text=str(count) if count else "",
                        level=round(4 * table.order.index(level) / top),
                    )
                )
                if count:
                    said.append(
                        say(
                            "{count} with {words} {first} and {words_2} {second}",
                            count=count,
                            words=term(_words(table.row)),
                            first=term(_words(str(first))),
                            words_2=term(_words(table.col)),
                            second=term(_words(str(second))),
                        )
                    )
            cells.append(line)
        figures.append(
            Figure.of(
                f"matrix-{result.checklist.id}-{name}",
                Matrix(
                    rows=[term(_words(r)) for r in table.rows],
                    columns=[term(_words(c)) for c in table.cols],
                    cells=cells,
                ),
                title=say(
                    "{title}: risks by {words} and {words_2}",
                    title=term(result.checklist.file.title),
                    words=term(_words(table.row)),
                    words_2=term(_words(table.col)),
                ),
                alt=say("Of {count} risks: ", count=len(placed)) + joined("; ", said) + ".",
                caption="Number of risks in each cell; darker cells are worse.",
            )
        )
    return figures


def _words(name: str) -> str:
    return name.replace("_", " ")
