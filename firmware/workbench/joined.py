"""Files that a node gets as one: what one module alone imports travels within it.

A file has its own table of names, and is deflated by itself: several small ones that are always
loaded together take more bytes than one. Their sources stay apart.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

#: By what is loaded the parts that it alone imports, each before those that import it.
PARTS: Mapping[str, tuple[str, ...]] = {
    "firmware.node.control": (
        "firmware.node.board_outputs",
        "firmware.wire.outputs_read",
        "firmware.node.account",
        "firmware.actuators.leases",
        "firmware.node.proof",
        "firmware.node.rules",
    ),
    "firmware.node.commands": ("firmware.wire.commands_read",),
    "firmware.wire.ed25519": ("firmware.wire.sha512",),
    "firmware.wire.format2": ("firmware.wire.bits",),
}
#: Of each part what it travels within.
HOSTS = {part: host for host, parts in PARTS.items() for part in parts}


class JoinError(ValueError):
    """Files that cannot be one; the message names them and the mend."""


def join(sources: Mapping[str, Path]) -> str:
    """Return the source of a module and its parts as one, the parts first.

    Parameters
    ----------
    sources : mapping of str to Path
        By its name the file of each, in order.

    Raises
    ------
    JoinError
        If a part is imported in another way than by its names, or two give a name a different
        meaning.
    """
    texts, meanings = [], dict[str, str]()
    for name, path in sources.items():
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        for node in ast.parse(text).body:
            said = ast.get_source_segment(text, node) or ""
            if isinstance(node, ast.ImportFrom) and node.module in sources:
                if any(each.asname for each in node.names):
                    raise JoinError(f"{name}: line {node.lineno}: imports a part as another name")
                for line in range(node.lineno - 1, node.end_lineno or node.lineno):
                    lines[line] = "\n"
            for given in _names(node):
                if meanings.setdefault(given, said) != said:
                    raise JoinError(
                        f"{name}: line {node.lineno}: {given} means something else in a file that "
                        f"it travels with ({', '.join(sources)}); rename it"
                    )
        for left in ast.walk(ast.parse("".join(lines))):
            if isinstance(left, ast.ImportFrom) and left.module:
                whole = {f"{left.module}.{each.name}" for each in left.names} & set(sources)
                if left.module in sources or whole:
                    raise JoinError(
                        f"{name}: line {left.lineno}: imports a part that it travels with; import "
                        "names of it, at the top"
                    )
        texts.append("".join(lines))
    return "\n".join(texts)


def _names(node: ast.stmt) -> list[str]:
    """Names that a statement at the top gives a meaning to, imports left out."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    found = [each for target in targets for each in ast.walk(target)]
    return [each.id for each in found if isinstance(each, ast.Name)]
