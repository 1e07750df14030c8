"""The list call's first page as a team would write it with aiohttp, asyncpg and uvloop.

PEER_DATABASE_URL, PEER_IDENTITY (the service's identity file), PEER_CONNECTIONS in all, PEER_PROCESSES, PEER_SQL (folder)
"""
import json
import os
import signal
import socket
import sys
from pathlib import Path

import asyncpg
import uvloop
from aiohttp import web

UUIDS = ("id", "checkpoint_id", "resource_id", "provider_id", "vault_id", "parent_id")


async def decode_json(connection):
    await connection.set_type_codec("json", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


def backup(row):
    made = dict(row)
    for name in UUIDS:
        if made[name] is not None:
            made[name] = str(made[name])
    if made["incremental"] is not None:
        made["extend_info"]["incremental"] = made["incremental"]
    made["children"] = []
    return made


async def application():
    identity = json.loads(Path(os.environ["PEER_IDENTITY"]).read_text())
    projects = {t["token"]: t["project_id"] for t in identity["tokens"]}
    count_sql = Path(os.environ["PEER_SQL"], "count.sql").read_text()
    page_sql = Path(os.environ["PEER_SQL"], "page.sql").read_text()
    connections = -(-int(os.environ["PEER_CONNECTIONS"]) // int(os.environ["PEER_PROCESSES"]))
    pool = await asyncpg.create_pool(
        os.environ["PEER_DATABASE_URL"], min_size=connections, max_size=connections, init=decode_json
    )

    async def list_backups(request):
        project = request.match_info["project"]
        if projects.get(request.headers.get("X-Auth-Token")) != project:
            return web.json_response({"error_msg": "not allowed"}, status=401)
        limit = request.query.get("limit", "1000")
        if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
            return web.json_response({"error_msg": "limit: 1 to 1000"}, status=400)
        async with pool.acquire() as connection:
            count = await connection.fetchval(count_sql, project)
            rows = await connection.fetch(page_sql, project, int(limit))
        return web.json_response({"count": count, "backups": [backup(row) for row in rows]})

    app = web.Application()
    app.router.add_get("/v3/{project}/backups", list_backups)
    return app


def serve(listener):
    uvloop.install()
    web.run_app(application(), sock=listener, print=None, access_log=None)


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    children = []
    for _ in range(int(os.environ["PEER_PROCESSES"])):
        child = os.fork()
        if child == 0:
            serve(listener)
            return 0
        children.append(child)
    listener.close()
    signal.signal(signal.SIGTERM, lambda *_: None)
    for child in children:
        os.waitpid(child, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
