"""Answers as an Excel workbook that people can fill in, and back without losing anything.

Every cell is text: nothing that starts with ``=``, ``+``, ``-`` or ``@`` is ever a formula. The grey columns say what
is asked; the white ones are read back.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from raudit.checklists.answers import Answers, parse_answers
from raudit.checklists.exchange.pages import Speak
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.schema import Kind
from raudit.errors import AnswersError
from raudit.sentences import term
from raudit.workbooks import UnfitWorkbookError, load_bounded

ASKED = ("id", "section", "question", "how to answer", "options")
WRITTEN = ("answer", "state", "why", "by", "at", "owner", "due", "evidence", "review")
WIDTHS = (18, 18, 44, 44, 30, 44, 14, 36, 22, 20, 18, 12, 20, 20)
LISTED = ("question", "row", "column", "value")
MEANING = "what it asks"
NEW = "new"
"""Stands for the number of a row to fill in; left out again if it stays empty, and copied for more rows."""
JSON = "json:"
LONGEST = 32_000
FIRST_NEW = 1_000_000
"""Places of new rows, after all numbered ones."""
MOST_BYTES = 100_000_000
"""Unpacked; a small file can hold a great deal of nothing."""


def workbook(checklist: Checklist, answers: Answers, *, at: datetime, speak: Speak = str) -> bytes:
    """Write a workbook.

    Parameters
    ----------
    checklist, answers
        The checklist and answers to it, complete or not.
    at
        Time to write into the file's properties, so that the same answers give the same bytes.
    speak
        Says what is asked in another language than English; what is read back stays as it is.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.properties.created = book.properties.modified = at.replace(tzinfo=None)
    book.properties.creator = "raudit"
    sheet: Any = book.active
    sheet.title = "Answers"
    _head(sheet, (*ASKED, *WRITTEN), WIDTHS)
    for number, (name, question) in enumerate(checklist.questions.items(), 2):
        answer = answers.file.answers.get(name)
        plain = {} if answer is None else answer.model_dump(mode="json", exclude_defaults=True)
        ids = [option.id for option in question.options] or (
            ["yes", "no"] if question.type is Kind.YES_NO else []
        )
        texts = [f"{option.id}: {speak(term(option.text))}" for option in question.options] or ids
        told = (
            name,
            speak(term(checklist.section_of[name].title)),
            speak(term(question.text)),
            f"{speak(term(question.why))} {speak(term(question.help))}",
            "\n".join(texts),
        )
        value = plain.get("value")
        cells = {**plain, "answer": _value(question.type, value)}
        for column, text in enumerate((*told, *(_text(cells.get(key)) for key in WRITTEN)), 1):
            _put(sheet, number, column, text, locked=column <= len(ASKED))
        if ids and question.type is not Kind.MULTI:
            _drop_down(sheet, number, len(ASKED) + 1, ids)
        _drop_down(sheet, number, len(ASKED) + 2, ["answered", "unknown", "not_applicable"])
    _lists(book, checklist, answers, speak)
    _rest(book, answers)
    sheet.protection.sheet = True
    return _same_bytes(book)


def _lists(book: Any, checklist: Checklist, answers: Answers, speak: Speak) -> None:
    """One line for each cell of each list, and one empty row of each list to fill in."""
    sheet = book.create_sheet("Lists")
    _head(sheet, (*LISTED, MEANING), (24, 8, 24, 80, 60))
    at_row = 2
    for question in (q for q in checklist.questions.values() if q.type is Kind.ROWS):
        answer = answers.file.answers.get(question.id)
        given = answer.value if answer is not None and isinstance(answer.value, list) else []
        rows = [(str(index), row) for index, row in enumerate(given, 1)]
        blank = {column.id: "" for column in question.columns}
        for index, row in [*rows, (NEW, blank)]:
            for key, cell in row.items():
                column = next((c for c in question.columns if c.id == key), None)
                ids = [option.id for option in column.options] if column else []
                asked = speak(term(column.text)) if column else ""
                told = f"{asked} ({', '.join(ids)})" if ids else asked
                for place, text in enumerate((question.id, index, key, _text(cell)), 1):
                    _put(sheet, at_row, place, text)
                _put(sheet, at_row, len(LISTED) + 1, told, locked=True)
                if ids:
                    _drop_down(sheet, at_row, len(LISTED), ids)
                at_row += 1


def checklist_of(content: bytes) -> str:
    """Id of the checklist that a workbook answers, as its sheet File says.

    Raises
    ------
    AnswersError
        If it is no workbook of this form, or does not say so.
    """
    for row, (key, value) in _cells(_opened(content), "File", ("key", "value")):
        if key == "checklist":
            pin = _json(_read(value), f"File, row {row}")
            if isinstance(pin, dict) and isinstance(pin.get("id"), str):
                return str(pin["id"])
    raise _misread("File", "no checklist", "the line 'checklist' as it was exported")


def from_workbook(content: bytes, checklist: Checklist, *, by: str = "") -> str:
    """Read a workbook back, as the text of an answers file.

    Parameters
    ----------
    by
        The author of every answer for which the workbook names none.

    Raises
    ------
    AnswersError
        If it is no workbook of this form, or an answer in it does not fit its question; with sheet and row.
    """
    book = _opened(content)
    heads = {"Answers": (*ASKED, *WRITTEN), "Lists": LISTED, "File": ("key", "value")}
    answers, lists, rest = (_cells(book, name, head) for name, head in heads.items())
    tree: dict[str, Any] = {}
    for row, (key, value) in rest:
        if key:
            _gather(tree, str(key), _json(_read(value), f"File, row {row}"), f"File, row {row}")
    rows = _rows(lists, checklist)
    given: dict[str, Any] = {}
    seen: set[str] = set()
    for row, cells in answers:
        name, said = str(cells[0] or ""), dict(zip(WRITTEN, cells[len(ASKED) :], strict=True))
        if not name and all(value in (None, "") for value in said.values()):
            continue
        if name not in checklist.questions or name in seen:
            raise _misread(f"Answers, row {row}, id", name, "the id of each question, once")
        seen.add(name)
        entry = _entry(checklist, name, said, rows.get(name, {}), f"Answers, row {row}")
        if entry:
            given[name] = {**entry, **({} if entry.get("by") or not by else {"by": by})}
    text = _yaml({**tree, "answers": given})
    parse_answers(text, checklist, source="the workbook")
    return text


def _opened(content: bytes) -> Any:
    try:
        return load_bounded(content, most_bytes=MOST_BYTES, formulas=True)
    except UnfitWorkbookError as error:
        raise _no_workbook(str(error)) from error


def _cells(book: Any, name: str, head: tuple[str, ...]) -> list[tuple[int, tuple[Any, ...]]]:
    """Rows of a sheet by number, after making sure that its columns are where they were."""
    if name not in book.sheetnames:
        raise _no_workbook(f"no sheet {name}")
    table = list(book[name].iter_rows(max_col=len(head), values_only=True))
    if not table or tuple(str(cell) for cell in table[0]) != head:
        raise _misread(
            f"{name}, row 1", ", ".join(str(cell) for cell in (table or [()])[0]), ", ".join(head)
        )
    return list(enumerate(table[1:], 2))


def _rows(
    lists: list[tuple[int, tuple[Any, ...]]], checklist: Checklist
) -> dict[str, dict[int, dict[str, str]]]:
    """Lists of rows by question and number of the row."""
    found: dict[str, dict[int, dict[str, str]]] = {}
    for number, (name, index, column, value) in lists:
        if all(cell in (None, "") for cell in (name, index, column, value)):
            continue
        question = checklist.questions.get(str(name))
        if question is None or question.type is not Kind.ROWS:
            raise _misread(
                f"Lists, row {number}, question",
                str(name),
                "the id of a question that takes a list",
            )
        told = _read(index).strip()
        if told == NEW and value in (None, ""):
            continue
        if not (told.isdigit() or told == NEW):
            raise _misread(f"Lists, row {number}, row", told, f"a whole number, or {NEW}")
        rows = found.setdefault(question.id, {})
        place = _new_row(rows, str(column)) if told == NEW else int(told)
        row = rows.setdefault(place, {})
        if str(column) in row:
            raise _misread(f"Lists, row {number}, column", str(column), "each column once in a row")
        row[str(column)] = _read(value)
    return found


def _new_row(rows: dict[int, dict[str, str]], column: str) -> int:
    """Where a cell of a new row goes: into the last new row, or the next one if that has the column already."""
    last = max((place for place in rows if place >= FIRST_NEW), default=FIRST_NEW)
    return last + 1 if column in rows.get(last, {}) else last


def _entry(
    checklist: Checklist,
    name: str,
    cells: dict[str, Any],
    rows: dict[int, dict[str, str]],
    where: str,
) -> dict[str, Any]:
    said = {key: _read(value) for key, value in cells.items() if value not in (None, "")}
    entry: dict[str, Any] = {}
    answer = said.pop("answer", None)
    match checklist.questions[name].type:
        case Kind.ROWS:
            if rows:
                entry["value"] = [rows[index] for index in sorted(rows)]
        case Kind.MULTI if answer:
            entry["value"] = [part.strip() for part in answer.split("\n") if part.strip()]
        case _ if answer is not None:
            entry["value"] = answer
    for key, value in said.items():
        if key == "evidence" and not value.lstrip().startswith("["):
            entry[key] = [{"path": value}]  # a person names a document in plain words
        else:
            entry[key] = _json(value, f"{where}, {key}") if key in ("evidence", "review") else value
    return entry


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _misread(where, text[:60], "the JSON that was written there") from error


def _misread(where: str, got: str, expected: str) -> AnswersError:
    return AnswersError(
        "the workbook cannot be read back without losing something",
        reference="workbook-cell",
        where=where,
        got=repr(got)[:80],
        expected=expected,
        hint="change only the white cells; review with raudit assess review ANSWERS --by NAME, "
        "or export the workbook again",
    )


def _no_workbook(got: str) -> AnswersError:
    return AnswersError(
        "the file is no workbook of answers",
        reference="workbook",
        got=got,
        expected="sheets Answers, Lists and File",
        hint="make one: raudit assess export ANSWERS -o answers.xlsx",
    )


def _value(kind: Kind, value: object) -> str:
    if kind is Kind.ROWS:
        return "see the sheet Lists"
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    return _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _rest(book: Any, answers: Answers) -> None:
    """Whatever is no answer: the pin, the subject, what was set aside, sign-offs; one JSON value a line."""
    sheet = book.create_sheet("File")
    _head(sheet, ("key", "value"), (18, 110))
    plain = answers.file.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain = {"schema": "raudit.answers/1", **plain}
    for number, (key, value) in enumerate(_told(plain), 2):
        _put(sheet, number, 1, key, locked=True)
        _put(sheet, number, 2, json.dumps(value, ensure_ascii=False), locked=True)
    sheet.protection.sheet = True


def _told(plain: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Key and value of each line; what can grow long is spread over lines, since a cell holds only so much."""
    for key, value in plain.items():
        if key == "signoffs":
            yield from ((key, item) for item in value)
        elif key == "set_aside":
            yield from ((key, {name: item}) for name, item in value.items())
        elif key != "answers":
            yield key, value


def _gather(tree: dict[str, Any], key: str, value: object, where: str) -> None:
    if key == "signoffs" and isinstance(value, dict):
        tree.setdefault(key, []).append(value)
    elif key == "set_aside" and isinstance(value, dict):
        tree.setdefault(key, {}).update(value)
    elif key in tree or key in ("signoffs", "set_aside"):
        raise _misread(where, key, "each key as it was exported")
    else:
        tree[key] = value


def _head(sheet: Any, names: tuple[str, ...], widths: tuple[int, ...]) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    for column, (name, width) in enumerate(zip(names, widths, strict=True), 1):
        cell = sheet.cell(1, column, name)
        cell.font, cell.fill = (
            Font(bold=True, color="FFFFFF"),
            PatternFill("solid", fgColor="1F3A5F"),
        )
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "B2"


def _put(sheet: Any, row: int, column: int, text: str, *, locked: bool = False) -> None:
    from openpyxl.styles import Alignment, PatternFill, Protection

    cell = sheet.cell(row, column)
    if text:
        cell.value = _cell(text)
        cell.data_type = "s"  # text, whatever it starts with
        cell.quotePrefix = True
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.protection = Protection(locked=locked)
    if locked:
        cell.fill = PatternFill("solid", fgColor="EEF1F5")


def _cell(text: str) -> str:
    """Text as a cell can hold it; what it cannot hold is written as JSON."""
    odd = any(
        (ord(c) < 32 and c != "\n") or 0xD800 <= ord(c) <= 0xDFFF or ord(c) in (0xFFFE, 0xFFFF)
        for c in text
    )
    found = (
        JSON + json.dumps(text) if odd or text.startswith(JSON) or text != text.strip() else text
    )
    if len(found) > LONGEST:
        raise AnswersError(
            "an answer is too long for a cell",
            reference="workbook-cell",
            got=f"{len(text):,} characters",
            expected=f"at most {LONGEST:,}",
            hint="put it into a document and link that as evidence",
        )
    return found


def _read(value: object) -> str:
    if isinstance(value, datetime):
        value = value.date() if not (value.hour or value.minute or value.second) else value
        return str(value.isoformat())
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value)
    if not text.startswith(JSON):
        return text
    try:
        return str(json.loads(text.removeprefix(JSON)))
    except ValueError:  # typed by a person, and meant as it stands
        return text


def _drop_down(sheet: Any, row: int, column: int, ids: list[str]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    listed = ",".join(ids)
    if len(listed) < 250:
        rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        sheet.add_data_validation(rule)
        rule.add(f"{get_column_letter(column)}{row}")


def _same_bytes(book: Any) -> bytes:
    """The workbook with one time for all of its parts."""
    out, made = io.BytesIO(), io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for name in sorted(before.namelist()):
            content = before.read(name)
            if name == "docProps/core.xml":
                content = _stamped(content, book.properties.created)
            after.writestr(
                zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED
            )
    return made.getvalue()


def _stamped(content: bytes, at: datetime) -> bytes:
    """Openpyxl writes the time of saving as the time of the last change."""
    import re

    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)


def _yaml(tree: dict[str, Any]) -> str:
    from raudit.checklists.splice import TOP, dump, scalars, text_yaml

    return dump({key: scalars(tree[key]) for key in TOP if key in tree}, text_yaml())
