// This file uses the console over one project of a million backups (TEST_COUNT: another number). What a person waits for is
// printed with its time; each may take 10 seconds at most, a step, on a busy machine. SCREENSHOTS=DIR keeps pictures.
import path from 'node:path';
import {withConsole} from './console.mjs';
import {check, expect, expectEqual, project, root, run, withService} from './harness.mjs';

const wanted = Number(process.env.TEST_COUNT ?? 1000000);

async function fill(state) {
  const cluster = path.join(root, 'scripts/cluster');
  const loaded = await run('bash', ['-c', `set -e -o pipefail
    build/release/backup-catalog generate --backups ${wanted} --projects 1 |
      BACKUP_CATALOG_DATABASE_URL=$("$0" url "$1" --user catalog_import) build/release/backup-catalog import --json
    psql -Xq -c 'VACUUM (ANALYZE) catalog.backups' "$("$0" url "$1")"`, cluster, path.join(state, 'cluster')]);
  expectEqual(loaded.status, 0, loaded.output);
}

await withService(async (url, folder) => {
  await withConsole(url, folder, async ({page, complaints, picture, names, ids, settled, after}) => {
    const timed = (name, body, steps = 1) => check(name, async () => {
      const begin = performance.now();
      await body();
      const took = performance.now() - begin;
      console.error(`${name}: ${took.toFixed(0)} ms`);
      expect(took < 10000 * steps, `${took.toFixed(0)} ms are too long`);
    });
    const api = async (query) => (await fetch(`${url}/v3/${project}/backups?${query}`, {headers: {'X-Auth-Token': 'dev-token'}})).json();
    const count = (query) => api(`limit=1&${query}`).then((answer) => answer.count);
    const total = async () => Number((await page.innerText('#total')).replace(/\D/g, ''));

    await page.goto(`${url}/console`);
    await page.waitForSelector('html[data-ready]');
    await page.fill('#project', project);
    await page.fill('#token', 'dev-token');
    await timed('a million: the list, its total and the summary', async () => {
      await after(() => page.click('text=Show'));
      expectEqual(await total(), wanted, 'total');
    });
    await picture('million');
    await check('a million: the summary adds up', async () => {
      const numbers = (await page.locator('#summary b').allInnerTexts()).map((text) => Number(text.replace(/\D/g, '')));
      expectEqual(numbers.reduce((sum, n) => sum + n, 0), wanted, 'sum');
    });
    await timed('a million: largest page', async () => {
      await after(() => page.selectOption('#limit', '200'));
      expectEqual((await ids()).length, 200, 'rows');
    });
    for (const column of ['Name', 'Status', 'Updated', 'Protected', 'Created'])
      for (const turn of ['once', 'again'])
        await timed(`a million: sorted by ${column}, ${turn}`, async () => {
          await after(() => page.click(`#columns >> text=${column}`));
          expectEqual((await ids()).length, 200, 'rows');
        });
    await timed('a million: ten pages by key', async () => {
      const seen = new Set();
      for (let i = 0; i < 10; ++i) {
        for (const id of await ids()) seen.add(id);
        await after(() => page.keyboard.press('n'));
      }
      expectEqual(seen.size, 2000, 'backups');
    }, 10);
    await timed('a million: from the middle, and back', async () => {
      await page.goto('about:blank');
      await page.goto(`${url}/console#project=${project}&offset=${Math.floor(wanted / 2)}`);
      await page.waitForSelector('#rows tr');
      await settled();
      const first = await ids();
      await after(() => page.click('#next'));
      await after(() => page.click('#previous'));
      await page.waitForFunction((id) => document.querySelector('#rows tr')?.dataset.id === id, first[0]);
    }, 3);
    const found = await count('name=99');
    await timed('a million: a substring', async () => {
      await page.keyboard.press('/');
      await page.waitForFunction(() => document.activeElement.id === 'filter-name');
      await page.evaluate(() => document.querySelector('#filters').elements.offset.value = '');
      await page.keyboard.type('99');
      await after(() => page.keyboard.press('Enter'));
      expectEqual(await total(), found, 'total');
      expect((await names()).every((name) => name.includes('99')), 'names');
      await page.waitForFunction(() => document.activeElement.id === 'results'); // so that the keys work at once
    });
    await picture('million-search');
    await timed('a million: a rare filter, sorted', async () => {
      await page.goto(`${url}/console#project=${project}&status=error&incremental=false&sort=updated_at:asc`);
      await page.waitForSelector('#rows tr');
      await settled();
      expectEqual(await total(), await count('status=error&incremental=false'), 'total');
    });
    await timed('a million: a detail, by keyboard', async () => {
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#detail[open]');
      await picture('million-detail');
      await page.keyboard.press('Escape');
      await page.waitForSelector('#detail', {state: 'hidden'});
    });
    await check('a million: everything can be reached by Tab, and is seen to have the focus', async () => {
      await page.goto('about:blank'); // Tab begins at the top
      await page.goto(`${url}/console#project=${project}&limit=25`);
      await page.waitForSelector('#rows tr');
      await settled();
      const reached = new Set();
      for (let i = 0; i < 250; ++i) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const node = document.activeElement;
          const style = getComputedStyle(node);
          return {key: node === document.body ? '' : node.id || node.name || node.textContent.trim().slice(0, 40), outline: style.outlineStyle};
        });
        if (at.key === '') break;
        expect(at.outline !== 'none', `${at.key}: its focus is not seen`);
        reached.add(at.key);
      }
      for (const key of ['project', 'token', 'forget', 'filter-name', 'limit', 'share', 'show-request', 'next', 'Name'])
        expect(reached.has(key), `${key} is not reached; reached: ${[...reached].join(' ')}`);
    });
    await check('a million: phone, light and dark', async () => {
      await page.setViewportSize({width: 390, height: 844});
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({colorScheme});
        await page.reload();
        await page.waitForSelector('#rows tr');
        await settled();
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
        await picture(`million-phone-${colorScheme}`);
        await page.locator('#rows tr').first().scrollIntoViewIfNeeded();
        await picture(`million-phone-rows-${colorScheme}`);
      }
      await page.setViewportSize({width: 1280, height: 900});
      await page.reload();
      await page.waitForSelector('#rows tr');
      await settled();
      await picture('million-dark');
    });
    await check('a million: no complaint in the browser’s console', async () => expectEqual(complaints, [], 'complaints'));
  });
}, fill);
