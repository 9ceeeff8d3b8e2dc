"""The process of the engine's benchmarks as a DBOS workflow over SQLite.

One step for each activity in which the coordinator asks somebody. Every participant answers at once.
Prints one JSON object: workflows per second, after a warm-up.

usage: python3 purchase.py FOLDER COUNT CONCURRENCY [--wal] [--async]
"""

import asyncio
import json
import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy
from dbos import DBOS, DBOSConfig

folder, count, concurrency = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
uses_wal, is_async = "--wal" in sys.argv, "--async" in sys.argv

STEPS = [
    "reserve", "deposit-a", "deposit-b", "decide", "publish", "post", "confirm-a", "confirm-b",
    "notify",
]


@sqlalchemy.event.listens_for(sqlalchemy.engine.Engine, "connect")
def prepare(connection, _):
    """Every commit is synced, as the engine's journal is."""
    if uses_wal:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


@DBOS.step()
def ask(step: str, order: int) -> str:
    return f"{step} of {order}"


@DBOS.workflow()
def purchase(order: int) -> str:
    answers = [ask(step, order) for step in STEPS]
    return answers[-1]


@DBOS.step()
async def ask_async(step: str, order: int) -> str:
    return f"{step} of {order}"


@DBOS.workflow()
async def purchase_async(order: int) -> str:
    answers = [await ask_async(step, order) for step in STEPS]
    return answers[-1]


def run(orders):
    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(purchase, orders))


async def run_async(orders):
    rest = iter(orders)

    async def work():
        for order in rest:
            await purchase_async(order)

    await asyncio.gather(*(work() for _ in range(concurrency)))


def measure(orders):
    start = time.perf_counter()
    if is_async:
        asyncio.run(run_async(orders))
    else:
        run(orders)
    return len(orders) / (time.perf_counter() - start)


config: DBOSConfig = {
    "name": "purchase",
    "system_database_url": f"sqlite:///{folder}/dbos.sqlite",
    "log_level": "ERROR",
    "run_admin_server": False,
    "max_executor_threads": 4 * concurrency,
}
logging.disable(logging.WARNING)
DBOS(config=config)
DBOS.launch()
measure(range(concurrency))
rate = measure(range(concurrency, concurrency + count))
print(json.dumps({"perSecond": rate, "steps": len(STEPS)}))
sys.stdout.flush()
DBOS.destroy()
