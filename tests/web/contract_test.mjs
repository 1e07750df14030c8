// This file holds what the service shows against the programs that read it: Prometheus, groff, and prism.
// `prism proxy --errors` stands between and answers 500
// to whatever does not fit, request or response. Requests are made from the description.
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {check, expect, expectEqual, freePort, project, root, run, start, withService} from './harness.mjs';

const description = JSON.parse(await readFile(path.join(root, 'docs/openapi.json'), 'utf8'));
const list = `/v3/${project}/backups`;
const {get} = description.paths['/v3/{project_id}/backups'];
const parameters = get.parameters.filter((p) => p.in === 'query');

// Every value that the description gives for a parameter.
const valuesOf = ({schema, example}) => [...new Set([
  ...(schema.enum ?? schema.items?.enum ?? (schema.type === 'boolean' ? [true, false] : [])),
  ...(schema.type === 'integer' ? [schema.minimum, schema.maximum] : []),
  ...(schema.type === 'array' ? example : [example]),
])];
const encode = (pairs) => new URLSearchParams(pairs.map(([n, v]) => [n, String(v)])).toString();

// Every `x-request` of the description.
function* examples(node) {
  if (node?.['x-request']) yield node['x-request'];
  else if (typeof node === 'object') for (const child of Object.values(node ?? {})) yield* examples(child);
}

await withService(async (url, folder, admin) => {
  const prism = async (file, flags, body) => {
    const port = await freePort();
    const proxy = start(path.join(root, 'node_modules/.bin/prism'),
      ['proxy', file, url, '--host', '127.0.0.1', '--port', String(port), ...flags], /Prism is listening/, 60);
    try {
      await proxy.line;
      await body(async (target, token = 'dev-token') => {
        const response = await fetch(`http://127.0.0.1:${port}${target}`, {headers: token ? {'X-Auth-Token': token} : {}});
        return {status: response.status, violations: response.headers.get('sl-violations'), text: await response.text()};
      });
    } finally {
      await proxy.stop();
    }
  };

  // A check that can't fail would be none: against a wrong description prism must complain.
  const wrong = structuredClone(description);
  wrong.components.schemas.Backup.properties.version = {type: 'string'};
  await writeFile(path.join(folder, 'wrong.json'), JSON.stringify(wrong));
  await prism(path.join(folder, 'wrong.json'), ['--errors'], async (ask) => {
    await check('prism: a wrong description is noticed', async () => expectEqual((await ask(`${list}?limit=1`)).status, 500, 'status'));
  });

  await prism('docs/openapi.json', ['--errors'], async (ask) => {
    const good = async (target, token, wanted = 200) => {
      const got = await ask(target, token);
      expect(got.status === wanted && !got.text.includes('prism'), `${target}: ${got.status} ${got.text.slice(0, 1500)}`);
    };
    await check('prism: every value of every parameter', async () => {
      for (const parameter of parameters)
        for (const value of valuesOf(parameter))
          await good(`${list}?${encode([[parameter.name, value], ...(parameter.name === 'limit' ? [] : [['limit', 20]])])}`,
            parameter.name === 'all_tenants' ? 'ops-token' : 'dev-token');
    });
    await check('prism: every order, first and second page', async () => {
      for (const key of ['created_at', 'updated_at', 'name', 'status', 'protected_at', 'id'])
        for (const direction of ['asc', 'desc']) {
          const page = JSON.parse((await ask(`${list}?sort=${key}:${direction}&limit=30`)).text);
          await good(`${list}?sort=${key}:${direction}&limit=30&marker=${page.backups.at(-1).id}`);
        }
    });
    await check('prism: pairs of parameters', async () => {
      const plain = parameters.filter((p) => !['limit', 'offset', 'marker', 'all_tenants'].includes(p.name));
      for (let i = 0; i < plain.length; ++i) {
        const [one, other] = [plain[i], plain[(i + 5) % plain.length]];
        await good(`${list}?${encode([[one.name, one.schema.type === 'array' ? one.example[0] : one.example],
          [other.name, other.schema.type === 'array' ? other.example[0] : other.example], ['limit', 20]])}`);
      }
      await good(`${list}?status=error&status=available&limit=50`);
    });
    await check('prism: the whole project, and every fourth backup by itself', async () => {
      const page = JSON.parse((await ask(`${list}?limit=1000`)).text);
      await good(`${list}?limit=1000`);
      for (let i = 0; i < 200; i += 4) await good(`${list}/${page.backups[i].id}`);
      await good('/openapi.json', null);
    });
    await check('prism: who may not', async () => {
      await good(list, 'not-a-token', 401);
      await good('/v3/5f1c0e8f3b0d4d6f9a2b7c1e4d8a9b03/backups', 'dev-token', 401);
      await good(`${list}?all_tenants=true`, 'dev-token', 403);
      await good(`${list}/00000000-0000-4000-8000-000000000000`, 'dev-token', 404);
      await good(`${list}?marker=00000000-0000-4000-8000-000000000000`, 'dev-token', 400);
    });
  });

  // What the description forbids never gets past --errors, so the answers to it are looked at without: the violations
  // are the request's alone, and what prism forbids the service refuses.
  await prism('docs/openapi.json', [], async (ask) => {
    await check('prism: answers to wrong requests, and to the examples', async () => {
      for (const parameter of parameters) {
        const {type, maxLength} = parameter.schema;
        const wrong = maxLength ? 'x'.repeat(maxLength + 1) : type === 'integer' ? '-1' : 'wrong!';
        const got = await ask(`${list}?${parameter.name}=${wrong}`);
        expectEqual(got.status, 400, parameter.name);
        const found = JSON.parse(got.violations ?? '[]');
        expect(found.length > 0, `${parameter.name}: the description allows '${wrong}'`);
        expectEqual(found.filter((v) => v.location[0] !== 'request'), [], parameter.name);
      }
      for (const {target, token} of examples(description)) {
        const got = await ask(target, token ?? null);
        expectEqual(JSON.parse(got.violations ?? '[]').filter((v) => v.location[0] !== 'request'), [], target);
      }
    });
  });

  await check('promtool: the metrics', async () => {
    const text = await (await fetch(`${admin}/metrics`)).text();
    expectEqual(await run('promtool', ['check', 'metrics'], text), {status: 0, output: ''}, 'promtool');
    const wrong = await run('promtool', ['check', 'metrics'], '# TYPE a_total gauge\na_total{b="c" 1\n');
    expect(wrong.status !== 0, 'promtool finds nothing in nonsense');
  });
  // The files that docker/monitoring provisions, but for the address of the service and the pace.
  const monitoring = path.join(root, 'docker/monitoring');
  const alerts = await readFile(path.join(monitoring, 'alerts.yml'), 'utf8');
  const dashboard = JSON.parse(await readFile(path.join(monitoring, 'grafana/backup-catalog.json'), 'utf8'));
  const config = (await readFile(path.join(monitoring, 'prometheus.yml'), 'utf8'))
    .replace('api:9464', new URL(admin).host).replaceAll('_interval: 10s', '_interval: 1s');
  await writeFile(path.join(folder, 'prometheus.yml'), config);
  await writeFile(path.join(folder, 'alerts.yml'), alerts);
  const port = await freePort();
  const prometheus = start('prometheus', [`--config.file=${path.join(folder, 'prometheus.yml')}`,
    `--web.listen-address=127.0.0.1:${port}`, `--storage.tsdb.path=${path.join(folder, 'prometheus')}`], /Server is ready/, 60);
  try {
    await prometheus.line;
    const api = async (what) => {
      const answer = await (await fetch(`http://127.0.0.1:${port}/api/v1/${what}`)).json();
      expectEqual(answer.status, 'success', `${what}: ${answer.error}`);
      return answer.data;
    };
    const ask = async (query) => (await api(`query?query=${encodeURIComponent(query)}`)).result;
    const wait = () => new Promise((wake) => setTimeout(wake, 100));
    for (let i = 0; i < 100 && (await ask('up == 1')).length === 0; ++i) await wait();

    let loading = true; // as a few clients would ask
    const clients = [`${list}?limit=50`, `${list}?limit=20&name=manual&sort=name:asc`, `${list}?status=error&limit=10`,
      `${list}?limit=0`].map(async (target) => {
      while (loading) {
        const {backups = []} = await (await fetch(url + target, {headers: {'X-Auth-Token': 'dev-token'}})).json();
        if (backups.length > 0) await fetch(`${url}${list}/${backups[0].id}`, {headers: {'X-Auth-Token': 'dev-token'}});
      }
    });
    await check('Prometheus scrapes them without a complaint', async () => {
      for (let i = 0; i < 300 && (await ask('count_over_time(up[1m]) >= 8')).length === 0; ++i) await wait();
      const [target] = (await api('targets')).activeTargets;
      expectEqual([target.health, target.lastError, target.labels.job], ['up', '', 'backup-catalog'], 'the target');
      const [sample] = await ask('sum(backup_catalog_request_duration_seconds_count{status="200"})');
      expect(Number(sample.value[1]) > 100, `requests counted: ${sample.value[1]}`);
      expect(!/level=(warn|error)/.test(prometheus.output()), prometheus.output());
    });
    await check('every query of the dashboard has data under load', async () => {
      const queries = dashboard.panels.flatMap((panel) => panel.targets.map(({expr}) => ({title: panel.title, expr})));
      expect(queries.length >= 20, `queries: ${queries.length}`);
      for (const {title, expr} of queries) {
        const series = await ask(expr);
        expect(series.length > 0, `${title}: no data: ${expr}`);
        expect(series.some(({value}) => Number.isFinite(Number(value[1]))), `${title}: no number: ${expr}`);
      }
      const busy = await ask('sum(rate(backup_catalog_request_duration_seconds_count[1m]))');
      expect(Number(busy[0].value[1]) > 1, `requests a second: ${busy[0].value[1]}`);
    });
    await check('every alert is evaluated, knows its metrics and is silent', async () => {
      const {groups} = await api('rules');
      const rules = groups.flatMap((group) => group.rules);
      expectEqual(rules.length, (alerts.match(/- alert:/g) ?? []).length, 'rules');
      for (const rule of rules)
        expectEqual([rule.name, rule.health, rule.state], [rule.name, 'ok', 'inactive'], rule.lastError ?? rule.name);
      for (const metric of new Set(alerts.match(/\b(backup_catalog|process)_[a-z_]+/g)))
        expect((await ask(metric)).length > 0, `${metric}: no such metric`);
    });
    loading = false;
    await Promise.all(clients);
  } finally {
    await prometheus.stop();
  }
  await check('groff: the man page', async () => {
    const page = await run('build/release/backup-catalog', ['manual']);
    expectEqual(await run('groff', ['-man', '-ww', '-Tutf8', '-z'], page.output), {status: 0, output: ''}, 'groff');
  });
});
