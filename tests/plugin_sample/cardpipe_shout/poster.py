"""A layout of the PDF that somebody else might write: no page at all, but its settings in the place of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.writers.api import WriterOption

if TYPE_CHECKING:
    from cardpipe.writers.pdf.layout import PrintJob


class PosterLayout:
    """What it was asked for."""

    name = "a-poster"
    summary = "one wall"
    options = (
        WriterOption(
            name="nails",
            choices=("4",),
            form=r"\d{1,2}",
            form_name="NUMBER",
            default="4",
            help="How many.",
            flag="nails",
        ),
        WriterOption(name="duplex", choices=("none",), default="none", help="Nobody's."),
        WriterOption(name="group", choices=("colour",), default="colour", help="Never heard of."),
    )

    def make(self, job: PrintJob) -> bytes:
        """Not a PDF."""
        return f"{len(job.deck.cards)} cards, {job.options['nails']} nails, by {job.group}".encode()


LAYOUT = PosterLayout()
