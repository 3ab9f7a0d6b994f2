"""Measure the house: sizes, types, density, import circles. Prints one table; ``--json`` for a file to compare with.

Run ``python scripts/house.py`` in a checkout; ``python scripts/house.py --against before.json`` prints both.
Nothing is imported: the figures come from the text and its syntax tree.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import statistics
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path("src/raudit")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> None:
    """Print the figures, beside older ones if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--against", type=Path, help="JSON of an earlier run, printed beside")
    arguments = parser.parse_args()
    figures = measure(SOURCE)
    if arguments.json:
        print(json.dumps(figures, indent=1))
        return
    before = json.loads(arguments.against.read_text()) if arguments.against else {}
    for name, value in figures.items():
        old = f"{before.get(name, '')!s:>10}" if before else ""
        print(f"{name:<44}{old}{value!s:>10}")


def measure(source: Path) -> dict[str, float]:
    """Compute every figure of the package below a folder.

    Returns
    -------
    dict
        Name of the figure to its value, in the order of printing.
    """
    paths = sorted(source.rglob("*.py"))
    trees = {path: ast.parse(path.read_text()) for path in paths}
    lines = {path: path.read_text().splitlines() for path in paths}
    functions = [
        node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, Function)
    ]
    lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]
    parameters = [parameter for node in functions for parameter in _parameters(node)]
    sizes = [len(text) for text in lines.values()]
    rooms = Counter(path.parent for path in paths)
    tokens, code = _tokens(paths)
    circles = _circles(_imports(source, trees))
    every = [line for text in lines.values() for line in text]
    return {
        "files": len(paths),
        "lines": sum(sizes),
        "code lines": code,
        "median lines a file": round(statistics.median(sizes)),
        "files over 400 lines": sum(size > 400 for size in sizes),
        "files in the fullest folder": max(rooms.values()),
        "folders with more than 15 files": sum(count > 15 for count in rooms.values()),
        "functions": len(functions),
        "functions over 40 lines": sum(length > 40 for length in lengths),
        "functions over 7 parameters": sum(len(_parameters(node)) > 7 for node in functions),
        "parameters that hold Any": sum(
            _holds_any(parameter.annotation) for parameter in parameters
        ),
        "fields that hold Any": sum(_fields_of_any(tree) for tree in trees.values()),
        "tokens a code line": round(tokens / code, 2),
        "comprehensions per 1,000 code lines": _per_thousand(trees, COMPREHENSIONS, code),
        "ternaries per 1,000 code lines": _per_thousand(trees, (ast.IfExp,), code),
        "comments per 1,000 code lines": round(1000 * _comments(every) / code, 1),
        "lines over 100 columns, %": round(
            100 * sum(len(line) > 100 for line in every) / len(every), 2
        ),
        "fmt: skip": sum("fmt: skip" in line for line in every),
        "type: ignore": sum("type: ignore" in line for line in every),
        "import circles": len(circles),
        "names of the dialect": _dialect(trees),
    }


COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
DIALECT = {"found", "said", "told", "held", "kept"}


def _parameters(node: Function) -> list[ast.arg]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [argument for argument in every if argument.arg not in {"self", "cls"}]


def _holds_any(annotation: ast.expr | None) -> bool:
    return annotation is not None and bool(re.search(r"\bAny\b", ast.unparse(annotation)))


def _fields_of_any(tree: ast.Module) -> int:
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    fields = [item for node in classes for item in node.body if isinstance(item, ast.AnnAssign)]
    return sum(_holds_any(item.annotation) for item in fields)


def _tokens(paths: list[Path]) -> tuple[int, int]:
    """Count tokens and the lines that hold code; comments, docstrings and blank lines are none."""
    passive = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
    count = code = 0
    for path in paths:
        rows: set[int] = set()
        start = True
        for token in tokenize.tokenize(io.BytesIO(path.read_bytes()).readline):
            if token.type == tokenize.STRING and start:
                continue  # a docstring
            start = token.type in passive
            if token.type not in passive:
                count += 1
                rows.update(range(token.start[0], token.end[0] + 1))
        code += len(rows)
    return count, code


def _per_thousand(trees: dict[Path, ast.Module], kinds: tuple[type, ...], code: int) -> float:
    nodes = sum(isinstance(node, kinds) for tree in trees.values() for node in ast.walk(tree))
    return round(1000 * nodes / code, 1)


def _comments(lines: list[str]) -> int:
    return sum(line.lstrip().startswith("#") for line in lines)


def _dialect(trees: dict[Path, ast.Module]) -> int:
    """Count the functions with a local name that tells only that something happened to it."""
    functions = [
        node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, Function)
    ]
    return sum(bool(DIALECT & set(_stored(node))) for node in functions)


def _stored(node: Function) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def _imports(source: Path, trees: dict[Path, ast.Module]) -> dict[str, set[str]]:
    """Module to the modules of ours that it imports anywhere, inside functions too."""
    names = {path: _module(source, path) for path in trees}
    known = set(names.values())
    graph: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees.items():
        for node in ast.walk(tree):
            for target in _targets(node):
                module = target if target in known else target.rpartition(".")[0]
                if module in known and module != names[path]:
                    graph[names[path]].add(module)
    return graph


def _module(source: Path, path: Path) -> str:
    parts = path.relative_to(source.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _targets(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Find strongly connected sets of more than one module (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles: list[set[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph.get(module, ()):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            at = stack.index(module)
            component = set(stack[at:])
            del stack[at:]
            if len(component) > 1:
                circles.append(component)

    sys.setrecursionlimit(10_000)
    for module in list(graph):
        if module not in index:
            visit(module)
    return circles


if __name__ == "__main__":
    main()
