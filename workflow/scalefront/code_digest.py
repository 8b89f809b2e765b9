"""Digest of the code behind a result: a script and every module of the package that it imports, directly or not."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


def code_digest(script, modules=(), package=None):
    """First 16 hex digits of the SHA-256 of the syntax trees behind ``script``, without docstrings and comments.

    A changed comment keeps the digest, a changed constant moves it.

    Parameters
    ----------
    script : path of the script
    modules : names of further modules (``scalefront.models...``) that the script imports by name at run time
    package : folder of the package that the script imports; this one where it is None
    """
    package, found = package or PACKAGE, {}
    waiting = [("", str(script)), *((name, str(_file(name, package))) for name in modules)]
    while waiting:
        name, path = waiting.pop()
        if path in found:
            continue
        tree, imports = _parsed(path, package)
        found[path] = name, tree
        waiting += imports
    digest = hashlib.sha256()
    for name, tree in sorted(found.values()):
        digest.update(f"{name}\n{tree}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _parsed(path, package):
    """The dumped syntax tree of a file without its docstrings, and the (name, path) of the modules it imports."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    imports = []
    for node in ast.walk(tree):
        _blank_docstring(node)
        for name in _imported(node):
            file = _file(name, package)
            if file is not None:
                imports.append((name, str(file)))
    return _told(tree), tuple(imports)


def _told(node):
    """A syntax tree as text that is the same in every version of Python: empty fields are left out."""
    if isinstance(node, ast.AST):
        fields = ((name, _told(value)) for name, value in ast.iter_fields(node) if value not in (None, []))
        return f"{type(node).__name__}({', '.join(f'{name}={text}' for name, text in fields)})"
    return f"[{', '.join(map(_told, node))}]" if isinstance(node, list) else repr(node)


def _blank_docstring(node):
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:]


def _imported(node):
    """Dotted names that an import statement may bring in, the packages above them included."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    else:
        return
    for name in names:
        parts = name.split(".")
        # the package itself holds the version and no science: a release moves no digest
        yield from (".".join(parts[:depth]) for depth in range(2, len(parts) + 1))


def _file(name, package):
    """The file of a module of the package in the folder ``package``, or None for anything else."""
    parts = name.split(".")
    if parts[0] != PACKAGE.name:
        return None
    place = package.joinpath(*parts[1:])
    for file in (place / "__init__.py", place.with_suffix(".py")):
        if file.is_file():
            return file
    return None
