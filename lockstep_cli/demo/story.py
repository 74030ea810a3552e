"""Tells the demonstration to people, and prints its document for machines."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from lockstep_cli.reading import Document

CHAIN_NAMES = {"substrate": "Substrate", "evm": "EVM"}


def day(seconds: int) -> str:
    """A UTC date, or a dash for a lot without one."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d") if seconds else "-"


def clock(seconds: int) -> str:
    """A UTC time of day."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def amount(value: int) -> str:
    """An amount in base units, with thin separators."""
    return f"{value:,}"


def positions_table(title: str, positions: Document) -> Table:
    """Every lot of everyone on both chains; what is free carries no dates."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in ("chain", "holder", "kind"):
        table.add_column(column)
    table.add_column("amount", justify="right")
    table.add_column("acquired")
    table.add_column("unlocks")
    for chain, holders in positions.items():
        for who, position in holders.items():
            for row in _position_rows(position):
                table.add_row(CHAIN_NAMES[chain], who.capitalize(), *row)
    return table


def _position_rows(position: Document) -> list[tuple[str, str, str, str]]:
    rows = []
    if position["free"]:
        rows.append(("free", amount(position["free"]), "-", "-"))
    rows += [
        ("[yellow]locked[/]", amount(lot["amount"]), day(lot["acquired_at"]), day(lot["unlocks_at"]))
        for lot in position["lots"]
    ]
    if position["in_flight"]:
        rows.append(("[cyan]in flight[/]", amount(position["in_flight"]), "-", "-"))
    return rows or [("[dim]nothing[/]", "[dim]0[/]", "[dim]-[/]", "[dim]-[/]")]


class Story:
    """A Narrator that writes to a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def act(self, title: str) -> None:
        """A heading."""
        self.console.print(f"\n[bold cyan]{title}[/]")

    def say(self, line: str) -> None:
        """A line."""
        self.console.print(f"  {line}", highlight=False)

    def positions(self, title: str, positions: Document) -> None:
        """A table."""
        self.console.print(positions_table(title, positions))


class Quiet:
    """A Narrator for `--json`: the document goes to standard output, one line per act to standard error."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def act(self, title: str) -> None:
        """One line, so that a reader of a pipe sees progress."""
        self.console.print(f"[dim]{title} ...[/]")

    def say(self, line: str) -> None:
        """Nothing: it is in the document."""

    def positions(self, title: str, positions: Document) -> None:
        """Nothing: they are in the document."""


def ending(console: Console, document: Document, broken: list[str]) -> None:
    """The audit, where the time went, and the verdict."""
    table = Table(title="Does the supply add up?", title_justify="left", header_style="bold")
    for column in ("moment", "issued", "on Substrate", "on EVM", "in flight"):
        table.add_column(column, justify="left" if column == "moment" else "right")
    for moment, row in document.get("audit", {}).items():
        table.add_row(
            moment.replace("_", " "), *(amount(row[key]) for key in ("issued", "substrate", "evm", "in_flight"))
        )
    console.print()
    console.print(table)
    seconds = document.get("seconds", {})
    console.print(
        "\n[dim]seconds: " + ", ".join(f"{key.replace('_', ' ')} {value:.1f}" for key, value in seconds.items()) + "[/]"
    )
    if broken:
        console.print("\n[bold red]Not as promised:[/]")
        for sentence in broken:
            console.print(f"  - {sentence}")
    else:
        console.print(
            "\n[bold green]Everything was as promised.[/] Lots arrived and came home with their dates; "
            "both chains refused by the same codes; nothing was lost or doubled."
        )
