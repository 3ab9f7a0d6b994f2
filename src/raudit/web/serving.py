"""Everything in one process: the database, the pages, the worker, and the one-time link of the first administrator."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from raudit.errors import EnvironmentFault, UsageError
from raudit.web.settings import Options, django_settings
from raudit.web.workspace import Workspace, now

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_address(options: Options) -> None:
    """Refuse to listen beyond this machine, or to speak for another name, without TLS in front.

    Raises
    ------
    UsageError
        With what to do.
    """
    loopback = options.host in LOOPBACK or options.host.endswith(".localhost")
    if not loopback and not (options.origin and options.trusted_proxies):
        raise UsageError(
            "beyond this machine raudit serve needs a proxy that speaks TLS",
            reference="serve-beyond-loopback",
            got=options.host,
            expected="localhost, or --origin https://NAME with --trusted-proxies 1",
            hint="see docs/how-to/serve-for-a-team.md",
        )
    if options.origin and not options.origin.startswith("https://"):
        raise UsageError(
            "the public address has no TLS",
            reference="serve-origin",
            got=options.origin,
            expected="https://NAME",
        )


def set_up(workspace: Workspace, options: Options) -> None:
    """Configure Django for a workspace; once a process."""
    import django
    from django.conf import settings

    workspace.prepare(now())
    for name in ("uploads", "static"):
        (workspace.data / name).mkdir(exist_ok=True, mode=0o700)
    settings.configure(**django_settings(workspace, options))
    django.setup()


def migrate(options: Options) -> None:
    """Bring the database and the static files up to date."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not options.testing:
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)


def first_link(options: Options) -> str:
    """A one-time link for the first administrator, if there is no account yet."""
    from raudit.web.accounts import invite
    from raudit.web.models import Invitation, User

    if User.objects.exists():
        return ""
    Invitation.objects.filter(person="", used=None).delete()
    return f"{options.base}/invited/{invite('', '', by='service:serve')}/"


def serve(
    workspace: Workspace,
    options: Options,
    *,
    say: Any = print,
    then: Callable[[], None] | None = None,
) -> None:
    """Serve a workspace until it is stopped.

    Raises
    ------
    UsageError
        If the address is not allowed or taken, or another server has the workspace.
    """
    check_address(options)
    with workspace.alone():
        set_up(workspace, options)
        migrate(options)
        from raudit.web.index import Indexer
        from raudit.web.running import Worker, sweep

        interrupted = sweep()
        server = _server(options)
        say(f"raudit serve: {workspace.folder} at {options.base}/")
        if interrupted:
            say(
                f"{interrupted} runs were interrupted when the last server stopped; start them again under Runs"
            )
        if then is not None:
            then()
        link = first_link(options)
        if link:
            say(f"first administrator, once, within 7 days: {link}")
        sys.stdout.flush()
        worker, indexer = Worker(), Indexer(workspace)
        worker.start()
        indexer.start()
        signal.signal(signal.SIGTERM, _stop)
        try:
            server.run()
        except (KeyboardInterrupt, SystemExit):
            say("stopped")
        finally:
            server.close()
            indexer.stop()
            worker.stop()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _server(options: Options) -> Any:
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    listen = "127.0.0.1" if options.host.endswith("localhost") else options.host
    proxied: dict[str, Any] = {}
    if options.trusted_proxies:
        proxied = {
            "trusted_proxy": "*",
            "trusted_proxy_count": options.trusted_proxies,
            "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto",
            "clear_untrusted_proxy_headers": True,
        }
    try:
        return create_server(
            get_wsgi_application(),
            host=listen,
            port=options.port,
            ident=None,
            threads=8,
            max_request_body_size=300 << 20,
            channel_timeout=60,
            **proxied,
        )
    except OSError as error:
        raise EnvironmentFault(
            "the port is taken",
            reference="serve-port",
            got=str(options.port),
            hint="choose another with --port",
        ) from error


def serve_demo(folder: Path, options: Options, *, say: Any = print) -> None:
    """Serve the bundled audit with made-up people in each role."""
    from raudit.web.demo import PASSWORD, begin, make_accounts, make_demo

    def introduce() -> None:
        for email, name, roles in make_accounts():
            say(f"  {email:30} {name:18} {roles}")
        say(f"  password of each: {PASSWORD}")
        begin()

    say(f"raudit serve: preparing {folder}; the example's model is trained once, in seconds")
    sys.stdout.flush()
    serve(make_demo(folder), options, say=say, then=introduce)
