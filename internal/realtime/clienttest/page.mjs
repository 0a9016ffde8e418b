// Usage: node page.mjs URL
// Opens the page in Chromium, and waits until its title says that it is done.
import { existsSync } from 'node:fs';
import { argv, env, exit } from 'node:process';
import { chromium } from 'playwright-core';

const browser = env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(browser)) {
  console.error(`There is no Chromium at ${browser}: install Debian's package chromium, or name one by CHROMIUM.`);
  exit(1);
}

const running = await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] });
try {
  const page = await running.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  page.on('requestfailed', (request) => console.error(request.url(), request.failure()?.errorText));
  // A poll over JSONP that waits holds back the page's load event: what counts is the title.
  await page.goto(argv[2], { waitUntil: 'commit' });
  await page.waitForFunction(() => document.title === 'done' || document.title === 'failed', null, { timeout: 45_000 });
  console.log(await page.innerText('#log'));
  if (await page.title() !== 'done') exit(1);
} finally {
  await running.close();
}
