"""Another process with the same database: `python child_writer.py URL PREFIX PAUSE_S`.

Adds settings until it is killed or its standard input ends, and prints the name of each as soon as it is acknowledged.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database, open_database
from isthmus.storage.schema import settings


async def write(url: str, prefix: str, pause_s: float) -> None:
    database = await open_database(url)
    told_to_end = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    for number in count():
        if told_to_end.done():
            break
        await add(database, f"{prefix}-{number}")
        print(f"{prefix}-{number}", flush=True)
        await asyncio.sleep(pause_s)
    await database.close()


async def add(database: Database, name: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(settings).values(name=name, value="x" * 200, updated_ms=1))

    await database.write(work)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], sys.argv[2], float(sys.argv[3])))
