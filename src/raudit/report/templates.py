"""Templates: found, linted, and run in Jinja's immutable sandbox."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from raudit.doors import Door, clash, folders
from raudit.errors import NotEvaluable, TemplateError
from raudit.record import Record
from raudit.report.language import Language
from raudit.report.lint import lint
from raudit.resources import resource_dir
from raudit.yamltext import nearest, read_yaml

SHARED = "_shared"
FILES = {"html": "report.html.j2", "pdf": "report.html.j2", "markdown": "report.md.j2"}
MAX_TEMPLATE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A folder with ``template.yaml``, ``report.html.j2`` and perhaps ``report.md.j2``, styles, fonts, languages."""

    name: str
    folder: Path
    shared: Path
    """Folder of shipped parts, fonts and languages, used where the template has none of its own."""
    description: str
    needs: Mapping[str, str] = field(default_factory=dict)
    """Beginning of the id of a table that must be there, by stage."""

    @property
    def shipped(self) -> bool:
        """Whether it is raudit's own."""
        return self.folder.parent == self.shared.parent.resolve()

    def language_folders(self) -> tuple[Path, ...]:
        """Where message catalogues are, the template's own first."""
        return tuple(
            f / "languages" for f in (self.folder, self.shared) if (f / "languages").is_dir()
        )

    def font_folders(self) -> tuple[Path, ...]:
        """Where fonts are."""
        return tuple(f / "fonts" for f in (self.folder, self.shared) if (f / "fonts").is_dir())

    def frameworks(self) -> Path:
        """Folder with the frameworks of the legal mapping."""
        own = self.folder / "frameworks"
        return own if own.is_dir() else self.shared.parent / "frameworks"

    def check_needs(self, record: Record, language: Language) -> None:
        """Refuse a record that lacks the tables which the template exists to publish.

        Raises
        ------
        NotEvaluable
            If a stage named under ``needs`` has none of its tables.
        """
        for stage_name, beginning in self.needs.items():
            stage = record.stage(stage_name)
            if not any(
                t.rows and t.id.startswith(beginning) for t in (stage.tables if stage else ())
            ):
                raise NotEvaluable(
                    f"the template '{self.name}' cannot be filled from this record",
                    reference="template-needs",
                    got=f"no table of {language.word(stage_name)} whose name begins with {beginning}",
                    expected="an audit that makes it",
                    hint="for New York City: stages: fairness: presets: [nyc-ll144]",
                )

    def css(self, medium: str) -> str:
        """Style sheets in order: shared, for the medium, the template's own."""
        files = (self.shared / "base.css", self.shared / f"{medium}.css", self.folder / "style.css")
        return "\n".join(_read(file) for file in files if file.is_file())

    def script(self) -> str:
        """Script of the HTML file."""
        return _read(self.shared / "screen.js")


def template_names() -> tuple[str, ...]:
    """Names of the templates that come with raudit or with an installed package."""
    return tuple(sorted(_known()))


def _known() -> dict[str, Path]:
    shipped = resource_dir("report_templates")
    known = {path.parent.name: path.parent for path in shipped.glob("*/template.yaml")}
    for extension, folder in folders(Door.REPORT_TEMPLATES):
        for path in sorted(folder.glob("*/template.yaml")):
            if path.parent.name in known:
                raise clash(
                    Door.REPORT_TEMPLATES,
                    replace(extension, name=path.parent.name),
                    "another folder",
                )
            known[path.parent.name] = path.parent
    return known


def find_template(name: str, templates_dir: Path | None = None) -> Template:
    """Find a template by name, or by folder.

    Parameters
    ----------
    name
        Name of a shipped template, of a folder in ``templates_dir``, or a path to a folder.
    templates_dir
        Folder that relative paths start from, such as that of raudit.yaml.

    Raises
    ------
    TemplateError
        If there is no such template, or it does something a template may not do.
    """
    shipped = resource_dir("report_templates")
    places = [] if templates_dir is None else [templates_dir / name]
    places.append(_known().get(name, Path(name)))
    folder = next((place for place in places if (place / "template.yaml").is_file()), None)
    if folder is None:
        raise TemplateError(
            f"no report template '{name}'",
            reference="unknown-template",
            expected=f"{', '.join(template_names())}, or a folder with template.yaml and report.html.j2",
            hint=nearest(name, list(template_names())),
        )
    about = read_yaml(folder / "template.yaml", error=TemplateError).value or {}
    template = Template(
        name=name,
        folder=folder.resolve(),
        shared=shipped / SHARED,
        description=str(about.get("description") or ""),
        needs=about.get("needs") or {},
    )
    _refuse_links_out(template.folder)
    for file in sorted(template.folder.glob("*.j2")):
        lint(_read(file), file.name)
    return template


def _refuse_links_out(folder: Path) -> None:
    """Refuse a link that leads out of the folder: a template could print any file of this machine through it."""
    for path in sorted(folder.rglob("*")):
        if not path.resolve().is_relative_to(folder):
            raise TemplateError(
                "a link in the template leads out of its folder",
                reference="template-link",
                where=str(path.relative_to(folder)),
                hint="put a copy of the file there",
            )


@functools.cache
def _compiled() -> Any:
    """Shared parts compiled once for the pages that one process makes: report and annexes."""
    from jinja2.bccache import Bucket, BytecodeCache

    class Compiled(BytecodeCache):
        """Code of templates, in memory, by name and digest of its source."""

        def __init__(self) -> None:
            self.kept: dict[tuple[str, str], bytes] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            if found := self.kept.get((bucket.key, bucket.checksum)):
                bucket.bytecode_from_string(found)

        def dump_bytecode(self, bucket: Bucket) -> None:
            self.kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()

    return Compiled()


def run_template(template: Template, medium: str, context: dict[str, Any], finalize: object) -> str:
    """Run a template.

    Raises
    ------
    TemplateError
        If the template has no file for the medium, breaks Jinja's syntax, leaves the sandbox or names what does
        not exist.
    """
    import jinja2
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    file = FILES[medium]
    if not (template.folder / file).is_file():
        raise TemplateError(
            f"template '{template.name}' has no {file}",
            reference="template-medium",
            hint="choose another output format",
        )

    class Environment(ImmutableSandboxedEnvironment):
        """The sandbox, without ways to make much out of little."""

        # Intercepted operators are not computed while compiling either, where no limit of ours would hold.
        intercepted_binops = frozenset({"*", "**"})

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.known: dict[tuple[type, str], bool] = {}

        def is_safe_attribute(self, obj: Any, attr: str, value: object) -> bool:
            """Ask once for each kind of object: what is internal to one is told by its type and the name alone."""
            kind = (type(obj), attr)
            if (safe := self.known.get(kind)) is None:
                safe = self.known[kind] = super().is_safe_attribute(obj, attr, value)
            return safe

        def call_binop(self, context: object, operator: str, left: object, right: object) -> Any:
            if operator == "*" and isinstance(left, int | float) and isinstance(right, int | float):
                return left * right
            raise SecurityError(f"'{operator}' is for plain numbers, and powers are not allowed")

    environment = Environment(
        loader=jinja2.FileSystemLoader([template.folder, template.shared]),
        autoescape=True,  # for Markdown too: what macros return must not be escaped a second time
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        cache_size=0,
        bytecode_cache=_compiled(),
    )
    for name in ("safe", "xmlattr", "tojson", "urlize", "pprint", "random"):
        environment.filters.pop(
            name, None
        )  # ways around escaping, and what changes from run to run
    try:
        return environment.get_template(file).render(context)
    except SecurityError as error:
        raise TemplateError(
            f"template '{template.name}' tried to leave the sandbox",
            reference="template-escape",
            got=str(error),
        ) from error
    except jinja2.TemplateError as error:
        if template.shipped:  # then it is not the template that is at fault
            raise ValueError(f"template '{template.name}'") from error
        line = getattr(error, "lineno", None)
        raise TemplateError(
            f"template '{template.name}' cannot be run",
            reference="template-fault",
            where=f"{getattr(error, 'name', None) or file}{f':{line}' if line else ''}",
            got=str(error),
        ) from error
    except (
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
        KeyError,
        ZeroDivisionError,
    ) as error:
        if template.shipped:
            raise
        raise TemplateError(
            f"template '{template.name}' cannot be run",
            reference="template-fault",
            got=f"{type(error).__name__}: {error}",
        ) from error


def _read(file: Path) -> str:
    if file.stat().st_size > MAX_TEMPLATE:
        raise TemplateError(
            f"{file.name} is larger than 1 MiB", reference="template-size", where=file.name
        )
    return file.read_text(encoding="utf-8")
