// Drives Chromium for live_test.go: one JSON array per line on standard input,
// [tab, action, ...arguments], and when it is done, one JSON value on standard
// output. What a page shows is found as a person finds it: by labels and text.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { env, exit, stdin } from 'node:process';
import { createInterface } from 'node:readline';

const { chromium } = createRequire(new URL('../../web/', import.meta.url))('playwright-core');
const executablePath = env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) {
  console.error(`There is no Chromium at ${executablePath}: install Debian's package chromium, or name one by CHROMIUM.`);
  exit(1);
}
const timeout = 120_000; // of each step, on a busy machine
const browser = await chromium.launch({ executablePath, timeout, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
const context = await browser.newContext();
const tabs = new Map();
const seen = { requests: [], problems: [] };

async function tab(name) {
  if (tabs.has(name)) return tabs.get(name);
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.problems.push(`${name}: ${error.message}`));
  tabs.set(name, page);
  return page;
}

// loseAnswer lets a page lose the answer to the first event that it creates over
// WebSocket, and the connection with it. It gives promises: the page uses one,
// and the answer is lost.
function loseAnswer(page) {
  const happened = {};
  const upgraded = new Promise((resolve) => { happened.upgrade = resolve; });
  const lost = new Promise((resolve) => { happened.loss = resolve; });
  let awaited; // how the answer begins
  const routed = page.routeWebSocket(/socket\.io/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((text) => {
      if (text === '5') happened.upgrade();
      const asked = /^42\/\w+,(\d+)\["command",\{"id":"diary\.events\.create"/.exec(text);
      if (asked) awaited ??= `43/alice,${asked[1]}[`;
      server.send(text);
    });
    server.onMessage((text) => {
      if (!awaited || !text.startsWith(awaited)) return socket.send(text);
      awaited = ' '; // no other
      server.close();
      socket.close();
      return happened.loss();
    });
  });
  return { routed, upgraded, lost };
}
const losses = new Map();

const actions = {
  open: (page, url) => page.goto(url, { waitUntil: 'commit' }),
  reload: (page) => page.reload({ waitUntil: 'commit' }),
  fill: (page, label, text) => page.getByLabel(label, { exact: true }).fill(text),
  click: (page, name) => page.getByRole('button', { name, exact: true }).click(),
  shows: (page, text) => page.getByText(text, { exact: true }).waitFor(),
  ready: (page, name) => page.getByRole('button', { name, exact: true, disabled: false }).waitFor(),
  hides: (page, text) => page.getByText(text, { exact: true }).waitFor({ state: 'hidden' }),
  texts: (page, selector) => page.locator(selector).allTextContents(),
  session: (page) => page.evaluate(() => ({ ...sessionStorage })),
  setSession: (page, values) => page.evaluate((all) => Object.assign(sessionStorage, all), values),
  elsewhere: (page) => page.evaluate(() => [localStorage.length, document.cookie]),
  seen: () => seen,
  loseAnswer: (page) => losses.set(page, loseAnswer(page)).get(page).routed.then(() => null),
  upgraded: (page) => losses.get(page).upgraded,
  lost: (page) => losses.get(page).lost,
};

try {
  for await (const line of createInterface({ input: stdin })) {
    const [name, action, ...args] = JSON.parse(line);
    const page = await tab(name);
    try {
      const answer = await actions[action](page, ...args);
      console.log(JSON.stringify({ answer: ['open', 'reload'].includes(action) ? null : answer ?? null }));
    } catch (error) {
      const body = await page.innerText('body').catch(() => '');
      console.log(JSON.stringify({ error: `${name}: ${action} ${args}: ${error.message}\nThe page shows:\n${body}` }));
    }
  }
} finally {
  await browser.close();
}
