"""A sweep of many parties over HTTP: time, requests per party, our own CPU and memory.

The simulated municipality runs as a process of its own, so that CPU and memory are this process's only. Printed beside
the figures, from the same run: what one bare HTTP exchange with it costs with httpx. A second sweep follows, which must
make no item.

    python benchmarks/sweep.py [--parties 20000] [--per-second 100000] [--database URL]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from flows.composition import compose
from flows.sweeping import SweepReport, sweep
from foundation.actor import resolve_actor
from foundation.logs import configure_logs
from foundation.settings import load_settings
from robots.address_update.robot import AddressUpdate

#: Cases and citizens that the simulated municipality needs for so many parties on open cases.
_CASES_PER_PARTY, _CITIZENS_PER_PARTY = 1.18, 0.47
_PROBES = 300


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parties", type=int, default=20_000, help="about so many on open cases")
    parser.add_argument("--per-second", type=float, default=100_000.0, help="people looked up per second at most")
    parser.add_argument("--database", default="", help="a migrated database; SQLite in a temporary folder by default")
    options = parser.parse_args()
    configure_logs(json=True, level="ERROR")
    with tempfile.TemporaryDirectory() as folder, municipality(Path(folder), options.parties) as url:
        settings = load_settings(
            data_dir=Path(folder) / "var",
            database_url=options.database,
            nova_url=f"{url}/nova",
            nova_token_url=f"{url}/nova/realms/NovaIntegration/protocol/openid-connect/token",
            cpr_url=f"{url}/cpr",
            dar_url=f"{url}/dar",
            calls_per_second=100_000,
            sweep_per_second=options.per_second,
            log_level="ERROR",
        )
        drift = {"outdated": options.parties // 50, "manual": 20, "closed": 30, "protected": 5, "seed": 1}
        httpx.post(f"{url}/__admin/drift", json=drift, timeout=600).raise_for_status()
        exchange = bare_exchange(url)
        for name in ("first sweep", "second sweep"):
            before = calls(url)
            wall, cpu = time.perf_counter(), time.process_time()
            with compose(settings) as composition:
                report = sweep(composition, AddressUpdate(), resolve_actor(settings, chosen="dorthe"))
            tell(
                name,
                report,
                wall=time.perf_counter() - wall,
                cpu=time.process_time() - cpu,
                requests=calls(url) - before,
                exchange=exchange,
            )


def tell(name: str, report: SweepReport, *, wall: float, cpu: float, requests: int, exchange: float) -> None:
    """Print what one sweep came to."""
    counts = report.sweep.counts
    parties, items = counts["parties"], counts.get("items", 0)
    looked_at = parties - counts.get("skipped", 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}: {parties} parties, {looked_at} of them on open cases, {items} items")
    print(f"  seconds:                    {wall:10.1f}  ({looked_at / wall:.0f} parties a second)")
    print(f"  own CPU per party:          {1000 * cpu / looked_at:10.2f} ms")
    print(f"  own CPU as bare exchanges:  {cpu / looked_at / exchange:10.2f} a party ({1000 * exchange:.2f} ms each)")
    print(f"  requests:                   {requests:10d}  ({requests / looked_at:.2f} a party)")
    print(f"  look-ups in CPR:            {report.looked_up:10d}  ({report.looked_up / looked_at:.2f} a party)")
    print(f"  peak memory:                {peak:10.0f} MiB")
    if not report.adds_up:
        sys.exit("the sweep's classes do not add up")


def calls(url: str) -> int:
    """How many reading calls the municipality has received."""
    answer = httpx.get(f"{url}/__admin/ledger/reads", timeout=60).raise_for_status().json()
    return sum(number for number in answer.values() if isinstance(number, int))


def bare_exchange(url: str) -> float:
    """CPU seconds of one plain exchange with the municipality."""
    with httpx.Client(base_url=url) as client:
        client.get("/__admin/health")
        began = time.process_time()
        for _ in range(_PROBES):
            client.get("/__admin/health")
        return (time.process_time() - began) / _PROBES


@contextmanager
def municipality(folder: Path, parties: int) -> Iterator[str]:
    """The simulated municipality in a process of its own."""
    cases, citizens = int(parties * _CASES_PER_PARTY), int(parties * _CITIZENS_PER_PARTY)
    words = ["--store", str(folder / "municipality"), "--port", "0", "--seed", "1"]
    words += ["--citizens", str(citizens), "--cases", str(cases)]
    command = [sys.executable, "-m", "connectors.simulated", *words]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module and numbers.
    try:
        yield json.loads(child.stdout.readline())["url"] if child.stdout is not None else ""
    finally:
        child.terminate()
        child.wait(10)
        if child.stdout is not None:
            child.stdout.close()


if __name__ == "__main__":
    main()
