// This file opens the console in headless Chromium, as the tests of it need it.
import {chromium} from 'playwright-core';
import path from 'node:path';

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// Runs `body` with a page of a new browser and what looks at it:
//   complaints     what the browser's own console says, and requests that went elsewhere or show the token
//   picture(name)  keeps a screenshot if SCREENSHOTS names a folder
//   names(), ids() of the rows on the screen
//   settled()      waits for the screen; after(act) acts and waits for the list's next answer, then for the screen
export async function withConsole(url, folder, body) {
  const context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
    executablePath: '/usr/bin/chromium', headless: true, args, viewport: {width: 1280, height: 900},
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  try {
    const page = context.pages()[0] ?? await context.newPage();
    page.setDefaultTimeout(10000);
    const complaints = [];
    page.on('console', (message) => {
      // Chromium reports each answer of 4xx, and tests ask for some.
      if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
    page.on('pageerror', (failure) => complaints.push(String(failure)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) complaints.push(`request to ${request.url()}`);
      if (request.url().includes('dev-token')) complaints.push(`the token is in ${request.url()}`);
    });
    const settled = async () => {
      await page.waitForFunction(() => !document.body.classList.contains('loading'));
      await page.waitForFunction(() => !document.querySelector('#summary')?.textContent.includes('…'));
    };
    await body({
      page, complaints, settled,
      picture: (name) => process.env.SCREENSHOTS
        ? page.screenshot({path: path.join(process.env.SCREENSHOTS, `${name}.png`)}) : null,
      names: () => page.locator('#rows tr td:first-child').allInnerTexts(),
      ids: () => page.locator('#rows tr').evaluateAll((rows) => rows.map((row) => row.dataset.id)),
      after: async (act) => {
        const answered = page.waitForResponse((r) => r.url().includes('/backups?') && !r.url().includes('limit=1&'));
        await act();
        await answered;
        await settled();
      },
    });
  } finally {
    await context.close();
  }
}
