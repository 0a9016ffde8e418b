// Usage: node visit.mjs URL TEXT [SCREENSHOT]
// Opens the page in Chromium, waits until it shows the text, and prints as JSON
// its title, every address that it asked for, and what went wrong in it.
import { existsSync } from 'node:fs';
import { argv, env, exit } from 'node:process';
import { chromium } from 'playwright-core';

const [url, text, screenshot] = argv.slice(2);
const browser = env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(browser)) {
  console.error(`There is no Chromium at ${browser}: install Debian's package chromium, or name one by CHROMIUM.`);
  exit(1);
}

const running = await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] });
try {
  const page = await running.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(60_000);
  const seen = { requests: [], problems: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('requestfailed', (request) => seen.problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('pageerror', (error) => seen.problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && seen.problems.push(message.text()));
  await page.goto(url);
  await page.getByText(text, { exact: true }).first().waitFor({ timeout: 60_000 });
  await page.waitForLoadState('networkidle');
  if (screenshot) await page.screenshot({ path: screenshot });
  console.log(JSON.stringify({ title: await page.title(), ...seen }));
} finally {
  await running.close();
}
