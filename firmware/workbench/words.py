"""What a command says to a technician: in Chinese first, then in English."""


def both(chinese: str, english: str) -> str:
    """Say one thing in both languages, on one line."""
    return f"{chinese} | {english}"


def lines(chinese: str, english: str) -> str:
    """Say one thing in both languages, on a line each."""
    return f"{chinese}\n{english}"
