// This file uses the console in headless Chromium: search, sort, pages, detail, bad token, empty result, keys, phone, dark.
// SCREENSHOTS=DIR keeps pictures of it.
import {withConsole} from './console.mjs';
import {check, expect, expectEqual, project, withService} from './harness.mjs';

await withService(async (url, folder) => {
  await withConsole(url, folder, async ({page, complaints, picture, names, ids, settled, after}) => {
    const api = async (query) => (await fetch(`${url}/v3/${project}/backups?${query}`, {headers: {'X-Auth-Token': 'dev-token'}})).json();

    await check('a bad token is explained', async () => {
      await page.goto(`${url}/console`);
      await page.waitForSelector('html[data-ready]');
      await page.fill('#project', project);
      await page.fill('#token', 'nonsense');
      await page.click('text=Show');
      await page.waitForSelector('#problem:not([hidden])');
      const text = await page.innerText('#problem');
      expect(text.includes('Incorrect IAM authentication information') && text.includes('Paste a valid token'), text);
      await picture('bad-token');
    });
    await check('the list, its total and the summary', async () => {
      await page.fill('#token', 'dev-token');
      await after(() => page.click('text=Show'));
      const wanted = await api('limit=50');
      expectEqual(await ids(), wanted.backups.map((b) => b.id), 'first page');
      expectEqual(await page.innerText('#total'), `${wanted.count.toLocaleString('en')} backups`, 'total');
      expect(await page.isHidden('#problem'), 'the problem is still shown');
      const {count} = await api('limit=1&status=error');
      expect((await page.innerText('#summary .error')).includes(String(count)), 'errors in the summary');
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
      await picture('list');
    });
    await check('every parameter has its filter', async () => {
      const document = await (await fetch(`${url}/openapi.json`)).json();
      const parameters = document.paths['/v3/{project_id}/backups'].get.parameters.filter((p) => p.in === 'query');
      for (const {name} of parameters)
        if (!['limit', 'marker', 'sort'].includes(name))
          expect(await page.locator(`#filters [name="${name}"]`).count() > 0, `no filter for ${name}`);
    });
    await check('search', async () => {
      await page.fill('#filter-name', 'manualbk');
      await after(() => page.press('#filter-name', 'Enter'));
      const wanted = await api('name=manualbk&limit=50');
      expectEqual(await ids(), wanted.backups.map((b) => b.id), 'rows');
      expect(page.url().includes('name=manualbk'), page.url());
    });
    await check('a status of the summary is a filter', async () => {
      await after(() => page.click('text=Clear'));
      await after(() => page.click('#summary .error'));
      expect((await page.locator('#rows .state').allInnerTexts()).every((text) => text === 'error'), 'only errors');
      await after(() => page.click('#summary .error'));
      expect(!page.url().includes('status='), page.url());
    });
    await check('sorting by click', async () => {
      await after(() => page.click('#columns >> text=Name'));
      expectEqual(await ids(), (await api('sort=name:asc&limit=50')).backups.map((b) => b.id), 'ascending');
      await after(() => page.click('#columns >> text=Name'));
      expectEqual(await ids(), (await api('sort=name:desc&limit=50')).backups.map((b) => b.id), 'descending');
      expectEqual(await page.getAttribute('#columns th:first-child', 'aria-sort'), 'descending', 'aria-sort');
      await after(() => page.click('#columns >> text=Created', {modifiers: ['Shift']}));
      expectEqual(await ids(), (await api('sort=name:desc,created_at:desc&limit=50')).backups.map((b) => b.id), 'two keys');
    });
    await check('pages, forth and back, also from a shared address', async () => {
      const first = await ids();
      await after(() => page.click('#next'));
      const second = await ids();
      expect(!second.some((id) => first.includes(id)), 'the pages overlap');
      await after(() => page.keyboard.press('n'));
      const third = await ids();
      const address = page.url();
      await page.goto('about:blank'); // nothing of the walk is left
      await page.goto(address);
      await page.waitForSelector('#rows tr');
      await settled();
      expectEqual(await ids(), third, 'the shared address');
      await after(() => page.click('#previous'));
      await page.waitForFunction((id) => document.querySelector('#rows tr')?.dataset.id === id, second[0]);
      expectEqual(await ids(), second, 'back to the second');
      await after(() => page.click('#previous'));
      await page.waitForFunction((id) => document.querySelector('#rows tr')?.dataset.id === id, first[0]);
      expect(await page.isDisabled('#previous'), 'nothing is before the first page');
      await after(() => page.goBack());
      expectEqual(await ids(), second, "the browser's own way back");
    });
    await check('the last page', async () => {
      await page.goto(`${url}/console#project=${project}&status=error&limit=25`);
      await settled();
      await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 23);
      expect(await page.isDisabled('#next'), 'a short page is the last');
    });
    await check('a detail with children and replication, by keyboard', async () => {
      await page.goto(`${url}/console#project=${project}&resource_name=${encodeURIComponent('财务数据库-主')}`);
      await settled();
      await page.waitForSelector('#rows tr');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      const id = await page.evaluate(() => document.activeElement.closest('tr').dataset.id);
      await page.keyboard.press('Enter');
      await page.waitForSelector('#detail[open]');
      const text = await page.innerText('#detail');
      const {backup} = await (await fetch(`${url}/v3/${project}/backups/${id}`, {headers: {'X-Auth-Token': 'dev-token'}})).json();
      expect(backup.children.length > 0, 'the sample has changed');
      expect(text.includes(`Children (${backup.children.length})`) && text.includes(`Replication (${backup.replication_records.length})`), text);
      for (const child of backup.children) expect(text.includes(child.id), `child ${child.id}`);
      await page.waitForFunction((wanted) => location.hash.includes(`show=${wanted}`), id);
      await picture('detail');
      await page.keyboard.press('Escape');
      await page.waitForSelector('#detail', {state: 'hidden'});
      await page.waitForFunction((wanted) => document.activeElement.closest('tr')?.dataset.id === wanted, id);
      // The focus is back before the dialog's close event changes the address.
      await page.waitForFunction(() => !location.hash.includes('show='));
    });
    await check('an empty result', async () => {
      await page.goto(`${url}/console#project=${project}&name=no-such-name`);
      await page.waitForSelector('#empty:not([hidden])');
      expectEqual(await page.innerText('#total'), '0 backups', 'total');
      await picture('empty');
    });
    await check("a wrong filter is the service's own message", async () => {
      await page.goto(`${url}/console#project=${project}&start_time=2026-02-01T00:00:00Z&end_time=2026-01-01T00:00:00Z`);
      await page.waitForSelector('#problem:not([hidden])');
      expect((await page.innerText('#problem')).startsWith('start_time:'), await page.innerText('#problem'));
    });
    await check('the request as curl works, without the token in it', async () => {
      await page.goto(`${url}/console#project=${project}&status=error&sort=name:asc`);
      await page.waitForSelector('#rows tr');
      await page.click('#show-request');
      const curl = await page.innerText('#curl');
      expectEqual(curl, `curl -s -H "X-Auth-Token: $TOKEN" '${url}/v3/${project}/backups?status=error&sort=name:asc&limit=50'`, 'curl');
      await page.click('#copy-curl');
      await page.waitForSelector('text=Copied');
      expectEqual(await page.evaluate(() => navigator.clipboard.readText()), curl, 'clipboard');
      await picture('request');
      await page.click('#request-close');
    });
    await check('nothing of a backup becomes markup', async () => {
      await page.route('**/backups?**', async (route) => {
        const response = await route.fetch();
        const body = await response.json();
        for (const backup of body.backups) backup.name = '<img src=x onerror="document.title=1"><b>bold</b>';
        await route.fulfill({response, json: body});
      });
      await page.reload();
      await page.waitForSelector('#rows tr');
      expectEqual(await page.locator('#rows b, #rows img').count(), 0, 'elements');
      expect((await names())[0].startsWith('<img src=x'), 'the name as it is');
      await page.unroute('**/backups?**');
    });
    await check('phone, dark', async () => {
      await page.emulateMedia({colorScheme: 'dark'});
      await page.goto(`${url}/console#project=${project}&limit=25`);
      await page.reload();
      await page.waitForSelector('#rows tr');
      await settled();
      await picture('dark');
      await page.setViewportSize({width: 390, height: 844});
      await page.reload();
      await page.waitForSelector('#rows tr');
      await settled();
      await picture('phone-dark');
      const tooWide = await page.evaluate(() => [...document.querySelectorAll('body *')]
        .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest('thead'))
        .map((node) => `${node.tagName} ${node.id} ${node.getBoundingClientRect().right}`));
      expectEqual(tooWide, [], 'wider than the phone');
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
      await page.emulateMedia({colorScheme: 'light'});
      await page.locator('#rows tr').first().scrollIntoViewIfNeeded();
      await picture('phone-rows');
      await page.locator('#rows tr a').first().click();
      await page.waitForSelector('#detail[open]');
      await picture('phone-detail');
      await page.click('#detail-close');
    });
    await check('the token is forgotten', async () => {
      await page.setViewportSize({width: 1280, height: 900});
      await page.click('#forget');
      expectEqual(await page.evaluate(() => sessionStorage.length), 0, 'kept values');
      expectEqual(await page.locator('#rows tr').count(), 0, 'rows');
    });
    await check('no complaint in the browser’s console', async () => expectEqual(complaints, [], 'complaints'));
  });
});
