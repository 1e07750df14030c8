// Asks as several quiet tenants do, at a steady pace whatever the answers take, and sums up in one line:
// usage: BENCH_TOKENS=TOKEN=PROJECT,... node quiet.mjs URL SECONDS REQUESTS_PER_SECOND
// quiet REQUESTS NOT_200 p50_us p99_us max_us
import http from "node:http";

const [url, seconds, rate] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const tenants = process.env.BENCH_TOKENS.split(",").map((pair) => pair.split("="));
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const times = [];
let failed = 0;
let open = 0;

function ask([token, project]) {
  const start = process.hrtime.bigint();
  open += 1;
  const over = (ok) => {
    open -= 1;
    times.push(Number((process.hrtime.bigint() - start) / 1000n));
    if (!ok) failed += 1;
  };
  http
    .get(`${url}/v3/${project}/backups?limit=50`, { agent, headers: { "X-Auth-Token": token } }, (answer) => {
      answer.resume();
      answer.on("end", () => over(answer.statusCode === 200));
      answer.on("error", () => over(false));
    })
    .on("error", () => over(false));
}

let asked = 0;
const begun = Date.now();
const timer = setInterval(() => {
  while (asked < ((Date.now() - begun) / 1000) * rate) ask(tenants[asked++ % tenants.length]);
  if (Date.now() - begun < seconds * 1000) return;
  clearInterval(timer);
  const end = setInterval(() => {
    if (open > 0 && Date.now() - begun < (seconds + 30) * 1000) return;
    clearInterval(end);
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
    console.log(`quiet ${times.length} ${failed + open} ${at(0.5)} ${at(0.99)} ${times[times.length - 1]}`);
    process.exit(0);
  }, 10);
}, 5);
