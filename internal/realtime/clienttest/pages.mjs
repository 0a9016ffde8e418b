// Usage: node pages.mjs URL...
// Opens one page after the other in Chromium, and waits until its title says
// that it is done.
import { existsSync } from 'node:fs';
import { argv, env, exit } from 'node:process';
import { chromium } from 'playwright-core';

const browser = env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(browser)) {
  console.error(`There is no Chromium at ${browser}: install Debian's package chromium, or name one by CHROMIUM.`);
  exit(1);
}

const timeout = 60_000; // of each step

async function visit(running, url) {
  console.log(url);
  const page = await running.newPage();
  page.setDefaultTimeout(timeout);
  page.on('pageerror', (error) => console.log(error.message));
  page.on('console', (message) => console.log(message.text()));
  page.on('requestfailed', (request) => console.log(request.url(), request.failure()?.errorText));
  // A poll over JSONP that waits holds back the page's load event: what counts is the title.
  await page.goto(url, { waitUntil: 'commit' });
  const over = () => document.title === 'done' || document.title === 'failed';
  const late = await page.waitForFunction(over, null, { polling: 50 }).then(() => null, (error) => error);
  if (late === null && await page.title() === 'done') {
    await page.close();
    return;
  }
  console.log(await page.evaluate(() => document.body?.textContent));
  throw late ?? new Error(`${url} failed`);
}

const running = await chromium.launch({ executablePath: browser, timeout, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
  for (const url of argv.slice(2)) await visit(running, url);
} finally {
  await running.close();
}
