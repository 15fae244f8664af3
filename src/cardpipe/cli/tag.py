"""`cardpipe tag`."""

from __future__ import annotations

import click

from cardpipe.cli import completing
from cardpipe.cli.streams import note, say


@click.group(epilog="Example:  cardpipe tag rename optimisation training --dry-run")
def command() -> None:
    """Change tags in the whole deck."""


@command.command("rename", epilog="Example:  cardpipe tag rename optimisation training --dry-run")
@click.argument("old", metavar="OLD", shell_complete=completing.tags)
@click.argument("new", metavar="NEW", shell_complete=completing.tags)
@click.option("--merge", is_flag=True, help="Allow a NEW that exists: the cards of both tags then have it.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show the changes as a diff.")
@click.pass_context
def rename(ctx: click.Context, old: str, new: str, merge: bool, dry_run: bool) -> int:
    """Rename a tag and its subtags in the cards, the vocabulary and the editions.

    Comments and layout stay as they are. Either all files are changed or none. Review history does not depend on tags,
    but released cards count as changed: the next release brings them to learners, and replaces edits of these cards.
    """
    from cardpipe.authoring.tag_renaming import renamed_tag
    from cardpipe.cli.source_changes import edited_project, finish

    with edited_project(ctx, dry_run=dry_run) as (root, loaded):
        if loaded is None:
            return 1
        renamed = renamed_tag(loaded, old, new, merge=merge)
        finish(root, renamed.change, dry_run=dry_run)
        count = f"{renamed.cards} card{'' if renamed.cards == 1 else 's'}"
        if not dry_run:
            files = len(renamed.change.contents)
            note(f"Renamed {old} to {new}: {count}, {files} file{'' if files == 1 else 's'} edited.", err=False)
        if renamed.released:
            are = "is" if renamed.released == 1 else "are"
            say(
                f"{renamed.released} of {count} {are} released: the next release brings the new tag to learners, and "
                "replaces their own edits of these cards.",
                err=True,
            )
        return 0
