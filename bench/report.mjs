// Fills the tables of Markdown pages with figures: node report.mjs RESULTS PAGE...
// A table is what stands between <!-- figures: NAME --> and <!-- end -->.
import fs from "node:fs";
import path from "node:path";

const [results, ...pages] = process.argv.slice(2);

const read = (name) => {
  const file = path.join(results, `${name}.json`);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : null;
};
const names = ["pages", "pages-pipelined", "pages-limit-1000", "load", "growth", "peers", "writers", "memory", "import", "import-at-once",
  "overload"];
const found = Object.fromEntries(names.map((name) => [name, read(name)]));

const whole = (n) => Math.round(n).toLocaleString("en-US");
const ms = (us) => (us >= 10_000 ? (us / 1000).toFixed(0) : (us / 1000).toFixed(us >= 1000 ? 1 : 2));
const range = (f, show = whole) => `${show(f.median)} (${show(f.min)} to ${show(f.max)})`;
const ratio = (f) => range(f, (n) => n.toFixed(2));
const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n") + "\n";
const picture = (name, text) => `\n![${text}](images/${name}.svg)\n`;

// The command without what differs from machine to machine.
const command = (json) => `\`${json.machine.command.replace(/ --(keep|binary) \S+/g, "")}\``;

function made(json, others) {
  const m = json.machine;
  const beside = others.length > 0 ? `; other programs took up to ${Math.max(...others)} % of the processors` : "";
  return (
    `\n${command(json)}: ${m.processor}, ${m.cores} cores, ${(m.memory_mb / 1024).toFixed(0)} GB, PostgreSQL ${m.postgresql.split(" ")[0]}, ` +
    `commit ${m.commit}, ${m.time.slice(0, 10)}; load before ${m.load_before}${beside}.\n`
  );
}

const bounds = (json) =>
  "\n" + table(["bound", "figure", "must be", ""],
    json.limits.map((l) => [l.what, l.value, `${l.bound} ${l.limit}`, l.kept ? "kept" : "**missed**"]));

function pagesTable(json) {
  return (
    table(["", "median", "least to greatest"], [
      ["service, pages/s", whole(json.requests_per_second), spread(json.rounds.map((r) => r.requests_per_second), whole)],
      ["pgbench, transactions/s", whole(json.transactions_per_second),
        spread(json.rounds.map((r) => r.transactions_per_second), whole)],
      ["ratio", json.ratio.median.toFixed(2), `${json.ratio.min.toFixed(2)} to ${json.ratio.max.toFixed(2)}`],
      ["latency p50 / p99, ms", `${ms(json.latency_us.p50)} / ${ms(json.latency_us.p99)}`, ""],
    ]) + made(json, json.rounds.flatMap((r) => [r.others_percent.wrk, r.others_percent.pgbench]))
  );
}

function importTable(json) {
  return (
    table(["imports at once", "rows of backups", "rows/s", "lines/s", "CPU of PostgreSQL, s", "of the import, s", "database, MB"],
      [[json.jobs ?? 1, whole(json.backup_rows), range(json.backup_rows_per_second), range(json.lines_per_second),
        spread(json.runs.map((r) => r.cpu_seconds.postgresql), whole), spread(json.runs.map((r) => r.cpu_seconds.import), whole),
        whole(json.runs.at(-1).database_bytes / 1e6)]]) +
    made(json, json.runs.map((r) => r.others_percent))
  );
}

const spread = (values, show) => `${show(Math.min(...values))} to ${show(Math.max(...values))}`;

const tables = {
  pages: pagesTable,
  "pages-pipelined": pagesTable,
  "pages-limit-1000": pagesTable,

  load: (json) =>
    table(["load", "connections", "a second", "p50, ms", "p99, ms", "p99 / p50", "CPU of the service, us", "of PostgreSQL, us"],
      json.loads.map((l) => {
        const asked = l.p50_us.median > 0; // pgbench has no latency of its own here
        return [l.what, l.connections, range(l.per_second), asked ? range(l.p50_us, ms) : "", asked ? range(l.p99_us, ms) : "",
          asked ? (l.p99_us.median / l.p50_us.median).toFixed(1) : "", asked ? whole(l.cpu_us.service) : "", whole(l.cpu_us.postgresql)];
      })) +
    `\nPage with few connections to pgbench: ${ratio(json.ratio_to_pgbench)}. Errors: ${json.errors}. ` +
    `Memory of the service: at most ${json.memory_mb.most} MB, afterwards ${json.memory_mb.afterwards} MB.\n` +
    bounds(json) + picture("load", "Pages and mixed requests a second") + made(json, json.loads.map((l) => l.others_percent)),

  growth: (json) =>
    table(["backups", "in the project", "database, GB", "first page, ms", "deep page, ms", "filtered, ms", "rare filter, ms"],
      json.sizes.map((s) => [whole(s.backups), whole(s.project_backups), (s.database_bytes / 1e9).toFixed(1), range(s.first, ms),
        `${range(s.deep, ms)}, page ${whole(s.deep_page)}`, range(s.filtered, ms), range(s.rare, ms)])) +
    bounds(json) + picture("growth", "What a request takes by the size of the catalog") + made(json, []),

  peers: (json) =>
    table(["service", "pages/s", "p50, ms", "p99, ms", "its CPU a page, us", "PostgreSQL's, us", "memory, MB"],
      json.services.map((s) => [s.what, range(s.per_second), ms(s.p50_us), ms(s.p99_us), whole(s.cpu_us.service),
        whole(s.cpu_us.postgresql), whole(s.memory_mb)])) +
    bounds(json) + picture("peers", "Pages a second of the services") + made(json, json.services.map((s) => s.others_percent)),

  writers: (json) =>
    table(["", "writes/s", "CPU of PostgreSQL a write, us"], [
      ["with counters", range(json.counted_per_second), whole(json.cpu_us_per_write.counted)],
      ["without", range(json.uncounted_per_second), whole(json.cpu_us_per_write.uncounted)],
      ["ratio", ratio(json.ratio), ""],
    ]) +
    `\nTotals were compared ${json.compared_under_writers} times while ${json.writers} writers wrote, and every counter afterwards: exact.\n\n` +
    table(["total by filter", "p50, ms", "p99, ms", "p50 beside writers, ms", "p99 beside writers, ms"],
      json.totals.map((t) => [t.query === "" ? "none" : `\`${t.query}\``, ms(t.idle_us.p50), ms(t.idle_us.p99),
        ms(t.with_writers_us.p50), ms(t.with_writers_us.p99)])) +
    bounds(json) + made(json, []),

  memory: (json) =>
    table(["requests", "a second", "errors", "start, MB", "end, MB", "most, MB", "slope of the second half, MB a million"],
      [[whole(json.requests), whole(json.per_second), json.errors, json.memory_mb.start, json.memory_mb.end, json.memory_mb.most,
        json.memory_mb.slope_per_million]]) +
    bounds(json) + picture("memory", "Memory by requests answered") + made(json, []),

  import: importTable,
  "import-at-once": importTable,

  overload: (json) =>
    table(["clients", "capacity, pages/s", "under overload, pages/s", "share", "p99 of others alone, ms", "beside it, ms", "2 s after, ms"],
      [[whole(json.clients), whole(json.capacity), whole(json.pages_per_second), json.share, ms(json.others_p99_us.alone),
        ms(json.others_p99_us.beside), ms(json.others_p99_us.after)]]) +
    bounds(json) + made(json, []),
};

// README's few lines: of the results that are there, others as they stand.
function summary(before) {
  const bound = (json, what) => json.limits.find((l) => l.what.startsWith(what)).value;
  const lines = {
    pages: (json) => [`50-row page, ${json.wrk_connections} connections, ${whole(json.backups)} backups, against \`pgbench -M prepared\` of the same SQL`,
      `${ratio(json.ratio)}; ${whole(json.requests_per_second)} pages/s, p50 ${ms(json.latency_us.p50)} ms, p99 ${ms(json.latency_us.p99)} ms`],
    growth: (json) => {
      const [small, large] = [json.sizes[0], json.sizes.at(-1)];
      return [`first page at ${whole(large.backups)} backups to that at ${whole(small.backups)}; page ${whole(large.deep_page)} by marker to page 1`,
        `${bound(json, "first page")}; ${bound(json, `page ${large.deep_page}`)}`];
    },
    peers: (json) => {
      const rate = (name) => json.services.find((s) => s.name === name).per_second.median;
      const times = (name) => `${(rate("service") / rate(name)).toFixed(1)} ×`;
      return ["pages/s, to the same page from Node.js with fastify and pg; from Python; from Go",
        `${times("node")}; ${times("python")}; ${times("go")}`];
    },
    overload: (json) => [`ten times the load by one tenant: pages/s to capacity; p99 of other tenants to that without it`,
      `${bound(json, "share of")}; ${bound(json, "others' p99 beside")}`],
    writers: (json) => [`single-row writes by ${json.writers} writers into one project, with exact totals to without`, ratio(json.ratio)],
    memory: (json) => [`most memory over ${whole(json.requests)} mixed requests`, `${json.memory_mb.most} MB`],
    import: (json) => ["import with every index, counter and constraint in place", `${whole(json.backup_rows_per_second.median)} rows/s`],
    "import-at-once": (json) => [`${json.jobs} imports at once, the same`, `${whole(json.backup_rows_per_second.median)} rows/s`],
  };
  const parallel = / --jobs (?!0*1\b)/;
  const standing = (name) => before.split("\n").filter((line) => line.includes(`\`bench/${name.split("-")[0]}`))
    .find((line) => parallel.test(line) === (name === "import-at-once"));
  const rows = Object.keys(lines).flatMap((name) => {
    if (found[name]) return [[...lines[name](found[name]), command(found[name])]];
    const line = standing(name);
    return line ? [line.split("|").slice(1, -1).map((cell) => cell.trim())] : [];
  });
  return rows.length > 0 && table(["what", "figure", "command"], rows);
}

for (const page of pages) {
  const before = fs.readFileSync(page, "utf8");
  let tablesThere = 0;
  const after = before.replace(/(<!-- figures: (\S+) -->\n)(.*?)(<!-- end -->)/gs, (all, begin, name, old, end) => {
    tablesThere += 1;
    if (name !== "summary" && !(name in tables)) throw new Error(`${page}: no figures are called ${name}`);
    const text = name === "summary" ? summary(old) : found[name] && tables[name](found[name]);
    if (!text) console.log(`${path.basename(page)}: ${name}: no results, left as it is`);
    return text ? begin + text + end : all;
  });
  if (tablesThere !== before.split("<!-- figures: ").length - 1) throw new Error(`${page}: a table of figures has no end`);
  fs.writeFileSync(page, after);
}
