// The list call's first page as a team would write it with fastify and pg.
// PEER_DATABASE_URL, PEER_IDENTITY (the service's identity file), PEER_CONNECTIONS in all, PEER_PROCESSES, PEER_SQL (folder)
import cluster from "node:cluster";
import fs from "node:fs";
import process from "node:process";
import Fastify from "fastify";
import pg from "pg";

const { PEER_DATABASE_URL, PEER_IDENTITY, PEER_CONNECTIONS, PEER_PROCESSES, PEER_SQL } = process.env;
const processes = Number(PEER_PROCESSES);

process.on("SIGTERM", () => process.exit(0));

function serve(listening) {
  const projects = new Map(JSON.parse(fs.readFileSync(PEER_IDENTITY, "utf8")).tokens.map((t) => [t.token, t.project_id]));
  const sql = (name) => fs.readFileSync(`${PEER_SQL}/${name}.sql`, "utf8");
  const [countSql, pageSql] = [sql("count"), sql("page")];
  const pool = new pg.Pool({ connectionString: PEER_DATABASE_URL, max: Math.ceil(Number(PEER_CONNECTIONS) / processes) });
  const app = Fastify();

  app.get("/v3/:project/backups", async (request, reply) => {
    const { project } = request.params;
    if (projects.get(request.headers["x-auth-token"]) !== project) return reply.code(401).send({ error_msg: "not allowed" });
    const limit = Number(request.query.limit ?? 1000);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return reply.code(400).send({ error_msg: "limit: 1 to 1000" });
    const [count, page] = await Promise.all([
      pool.query({ name: "count", text: countSql, values: [project] }),
      pool.query({ name: "page", text: pageSql, values: [project, limit] }),
    ]);
    const backups = page.rows.map((row) => ({
      ...row,
      extend_info: row.incremental === null ? row.extend_info : { ...row.extend_info, incremental: row.incremental },
      children: [],
    }));
    return { count: count.rows[0].n, backups };
  });

  app.listen({ host: "127.0.0.1", port: 0 }).then(listening);
}

if (processes === 1) {
  serve((url) => console.log(`listening on ${url}`));
} else if (cluster.isPrimary) {
  let ready = 0;
  cluster.on("listening", (worker, address) => {
    ready += 1;
    if (ready === processes) console.log(`listening on http://127.0.0.1:${address.port}`); // one port for all of them
  });
  cluster.on("exit", () => process.exit(1));
  for (let i = 0; i < processes; ++i) cluster.fork();
} else {
  serve(() => {});
}
