"""Which kind of thing a word or a name means."""

from __future__ import annotations

from dosing_env import catalogue

KINDS = (*catalogue.PYTHON_KINDS, *catalogue.CONTENT_KINDS)


def kind_of_word(word: str) -> str:
    """The kind of "drugs" or "drug", for instance.

    Raises:
        ValueError: no such kind.
    """
    for kind in KINDS:
        if word in (kind, kind[:-1]):
            return kind
    raise ValueError(catalogue.unknown("kind", word, list(KINDS)))


def resolve(name: str) -> tuple[str, str]:
    """Kind and name of a name, of "kind:name", or of the path of a file.

    Raises:
        ValueError: no such thing, or things of several kinds have that name.
    """
    prefix, colon, rest = name.partition(":")
    if colon and any(prefix == kind[:-1] for kind in KINDS):
        return f"{prefix}s", rest
    if name.endswith((".py", ".toml")):
        return catalogue.kind_of_file(name), name
    kinds = [kind for kind in KINDS if name in catalogue.names(kind)]
    if len(kinds) > 1:
        ways = " or ".join(f"{kind[:-1]}:{name}" for kind in kinds)
        raise ValueError(f"{name!r} is the name of several things. Say {ways}")
    if not kinds:
        raise ValueError(catalogue.unknown("name", name, [n for kind in KINDS for n in catalogue.names(kind)]))
    return kinds[0], name
