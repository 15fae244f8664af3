"""`cardpipe serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cardpipe.cli.figure_trust import trust_options
from cardpipe.cli.streams import say

if TYPE_CHECKING:
    from cardpipe.cli.figure_trust import TrustOptions


@click.command(epilog="Example:  cardpipe serve --open")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port; 0 for any free one. [default: the first free one of 8417 to 8436]",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address of this machine to listen at; any other than the default shows the deck to other machines.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the default browser.")
@click.option("--poll", is_flag=True, help="Look for changes at all files, where the system does not report them.")
@trust_options
@click.pass_context
def command(
    ctx: click.Context, port: int | None, host: str, open_browser: bool, poll: bool, figure_trust: TrustOptions
) -> int:
    """Show the cards in the browser, and every save at once.

    The page shows each card in Anki, on the sheet, on the site, in HTML, Markdown and CSV, with its findings. A card
    with errors is shown as it was before them. Only this machine can see it, unless --host says otherwise. Ctrl-C ends
    the server, with exit code 0; the exit code is 2 if the port is in use.
    """
    from cardpipe.build.pipeline import cache_of
    from cardpipe.cli.project import project_root
    from cardpipe.parallel import interruption
    from cardpipe.serve.access import is_loopback
    from cardpipe.serve.preview import Preview
    from cardpipe.serve.session import bound_server, run
    from cardpipe.source.watching import is_notified

    root = project_root(ctx)
    trust = figure_trust.within(root, is_preview=True)
    with cache_of(root) as cache:
        preview = Preview(root, cache, trust)
        server = bound_server(host, port, preview)
        say("Checking the cards …", err=True)
        preview.start()
        interruption.expect(0)
        if not poll and not is_notified():
            from cardpipe.plugins.extras import install_command

            say(f"Looking at all files for changes; `{install_command('serve')}` notices them faster.", err=True)
        if not is_loopback(host):
            say("cardpipe: warning: everybody in your network can see the deck.", err=True)
        say(f"{len(preview.deck.entries):,} cards at {server.url}; press Ctrl-C to stop.")
        if open_browser:
            import webbrowser

            webbrowser.open_new_tab(server.url)
        run(preview, server, root, poll=poll)
    return 0
