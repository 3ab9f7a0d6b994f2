"""``raudit serve``: the same audits and assessments in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command(short_help="Serve a workspace of systems to browsers.")
@click.argument("workspace", type=FOLDER, default=Path("workspace"))
@click.option(
    "--host", default="localhost", show_default=True, help="Name or address to listen on."
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8787,
    show_default=True,
    help="Port to listen on.",
)
@click.option(
    "--origin", default="", help="Public address behind a proxy: https://audit.example.org."
)
@click.option(
    "--trusted-proxies",
    type=click.IntRange(0, 5),
    default=0,
    help="How many proxies stand in front.",
)
@click.option(
    "--database",
    default="",
    envvar="RAUDIT_WEB_DATABASE",
    help="postgresql://… ; default: SQLite beside.",
)
@click.option(
    "--smtp",
    default="",
    envvar="RAUDIT_WEB_SMTP",
    help="smtp://, smtps:// or smtp+tls://USER:PASSWORD@HOST.",
)
@click.option("--mail-from", default="raudit@localhost", help="Sender of mails.")
@click.option(
    "--oidc",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON file with OpenID Connect providers.",
)
@click.option(
    "--webhook",
    default="",
    envvar="RAUDIT_WEB_WEBHOOK",
    help="Address to tell of changed verdicts.",
)
@click.option(
    "--demo", is_flag=True, help="Serve the bundled audit, with made-up people in each role."
)
def command(workspace: Path, demo: bool, oidc: Path | None, **given: Any) -> None:
    """Serve WORKSPACE, a folder with one sub-folder a system; it is made if it is not there.

    Without options it listens on this machine alone, keeps its accounts in SQLite in the workspace, and prints a
    one-time link for the first administrator.
    """
    from raudit.errors import UsageError
    from raudit.extras import require

    for module in ("django", "allauth", "fido2", "waitress", "whitenoise"):
        require(module, extra="web", purpose="serve browsers")
    from raudit.web.serving import serve, serve_demo
    from raudit.web.settings import Options
    from raudit.web.workspace import Workspace

    providers: tuple[dict[str, Any], ...] = ()
    if oidc is not None:
        try:
            providers = tuple(json.loads(oidc.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise UsageError(
                "the file of providers cannot be read",
                reference="serve-oidc",
                where=str(oidc),
                hint="see docs/how-to/serve-for-a-team.md",
            ) from error
    options = Options(**given, oidc=providers)
    if demo:
        serve_demo(
            workspace if str(workspace) != "workspace" else Path("demo-workspace"),
            options,
            say=click.echo,
        )
    else:
        serve(Workspace(workspace), options, say=click.echo)
