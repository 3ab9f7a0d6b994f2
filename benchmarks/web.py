"""Pages of ``raudit serve`` by size of workspace: median and 95th percentile at the server, queries per page, memory.

Run: ``python benchmarks/web.py --systems 500 --people 50 --seconds 60 [--database postgresql://…]``. It makes a
workspace of that many systems, each with the GDPR assessment (100 answers a system make 50,000), and asks for the
pages a person opens, as many people at once as are named.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

PAGES = (
    "/",
    "/s/{s}/",
    "/s/{s}/a/launch-readiness/",
    "/s/{s}/a/launch-readiness/section/{c}/",
    "/portfolio.csv",
    "/s/{s}/a/launch-readiness/review/",
)


def filled_answers(name: str) -> str:
    from raudit.checklists.document import skeleton
    from raudit.checklists.form.load import shipped
    from raudit.checklists.form.schema import Kind

    checklist = shipped(name)
    lines = skeleton(checklist, project="PROJECT").split("\nanswers:\n")[0] + "\nanswers:\n"
    for question in checklist.questions.values():
        if question.show_if or checklist.section_of[question.id].show_if:
            continue
        value = {
            Kind.YES_NO: '"no"',
            Kind.DATE: "2026-01-01",
            Kind.NUMBER: '"3"',
            Kind.TEXT: "Some words about it",
        }.get(question.type)
        if question.options and question.type in (Kind.CHOICE, Kind.YES_NO):
            value = f'"{question.options[0].id}"'
        if value:
            lines += (
                f"  {question.id}:\n    value: {value}\n    by: ann\n    at: 2026-11-01T00:00:00Z\n"
            )
    return lines + "signoffs: []\n"


def resident() -> int:
    """Megabytes that this process holds just now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def make(folder: Path, systems: int) -> None:
    from raudit.web.workspace import NO_WAIVERS, plan_text

    folder.mkdir(parents=True)
    (folder / "people.yaml").write_text(
        "schema: raudit.people/1\npeople:\n  - {id: ann, name: Ann, roles: [author, operator]}\n  - {id: rex, name: Rex, roles: [reviewer, owner]}\n"
    )
    names = ("launch-readiness", "gdpr-dpia", "threat-model")
    texts = {name: filled_answers(name) for name in names}
    for number in range(systems):
        place = folder / f"system-{number:04}"
        (place / "answers").mkdir(parents=True)
        for name in names:
            (place / "answers" / f"{name}.yaml").write_text(
                texts[name].replace("PROJECT", f"System {number}")
            )
        (place / "waivers.yaml").write_bytes(NO_WAIVERS)
        plan = plan_text(name=f"System {number}", version="1", purpose="Decides.", owner="ann", affected="", data="data/d.csv",
                         checklists={name: f"answers/{name}.yaml" for name in names}, rest="")  # fmt: skip
        (place / "raudit.yaml").write_text(plan)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--systems", type=int, default=500)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp()) / "w"
    make(folder, given.systems)
    from raudit.web.serving import migrate, set_up
    from raudit.web.settings import Options
    from raudit.web.workspace import Workspace

    options = Options(testing=True, database=given.database)
    set_up(Workspace(folder), options)
    migrate(options)
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from django.test import Client, RequestFactory

    from raudit.checklists.form.load import shipped
    from raudit.web.models import User

    application = get_wsgi_application()
    user = User.objects.create_user(
        email=f"rex{datetime.now(UTC):%H%M%S}@example.org", password="x", person="rex"
    )
    section = shipped("launch-readiness").file.sections[0].id

    def client() -> Client:
        made = Client(HTTP_HOST="localhost:8787")
        made.force_login(user)
        return made

    one = client()
    begun, cpu = time.perf_counter(), time.process_time()
    one.get("/")
    report: dict[str, object] = {"systems": given.systems, "python": sys.version.split()[0], "database": given.database or "sqlite",
                                 "first home page, s": round(time.perf_counter() - begun, 1),
                                 "first home page, cpu s": round(time.process_time() - cpu, 1)}  # fmt: skip
    for page in PAGES:
        path = page.format(s=f"system-{given.systems // 2:04}", c=section)
        queries: list[str] = []

        def counted(execute, sql, params, many, context, queries=queries):
            queries.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(counted):
            status = one.get(path).status_code
        alone = []
        for _ in range(15):
            start = time.thread_time()  # processor time: what the machine does besides is not ours
            one.get(path)
            alone.append((time.thread_time() - start) * 1000)
        report[page] = {"status": status, "queries": len(queries), "cpu median ms": round(statistics.median(alone), 1),
                        "cpu p95 ms": round(sorted(alone)[13], 1)}  # fmt: skip
    times: list[float] = []
    held: dict[str, int] = {"at first": resident()}
    until = time.monotonic() + given.seconds

    def ask(number: int) -> None:
        # Django's client connects to signals anew for each request and is told of by each for ever, which no server does.
        mine, turn = RequestFactory(HTTP_HOST="localhost:8787"), number
        mine.cookies = client().cookies
        while time.monotonic() < until:
            path = PAGES[turn % len(PAGES)].format(
                s=f"system-{turn * 7 % given.systems:04}", c=section
            )
            start = time.thread_time()
            answer = application(mine.get(path).environ, lambda *_told: None)
            b"".join(answer)
            answer.close()
            times.append((time.thread_time() - start) * 1000)
            turn += 1

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(given.people)]
    for thread in threads:
        thread.start()
    for quarter in range(1, 5):  # memory is flat if the quarters are alike
        time.sleep(max(0, until - time.monotonic() - given.seconds * (4 - quarter) / 4))
        held[f"after {len(times):,} requests"] = resident()
    for thread in threads:
        thread.join()
    if times:
        times.sort()
        report["at once"] = {"people": given.people, "requests": len(times), "per second": round(len(times) / given.seconds, 1),
                             "cpu median ms": round(statistics.median(times), 1), "cpu p95 ms": round(times[int(len(times) * 0.95)], 1)}  # fmt: skip
    report["memory, MB"] = held
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
