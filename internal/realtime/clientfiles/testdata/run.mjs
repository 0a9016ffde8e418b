// Usage: node run.mjs URL GENERATION [URL GENERATION]...
// Fetches each client, runs it as a script or module, and fails unless its io
// is a client of the generation.
import { argv, exit } from 'node:process';
import { createContext, runInContext } from 'node:vm';

async function load(url, source) {
  if (url.includes('.esm.')) return (await import(`data:text/javascript;base64,${Buffer.from(source).toString('base64')}`)).io;
  const window = { navigator: { userAgent: '', platform: '' }, location: new URL(url), document: { documentElement: { style: {} } }, setTimeout, clearTimeout };
  window.window = window.self = window;
  runInContext(source, createContext(window), { filename: url });
  return window.io;
}

function generation(io) {
  if (typeof io?.connect === 'function' && io.version === '0.9.17') return '0.9';
  if (typeof io === 'function' && io.protocol === 4) return '2';
  if (typeof io === 'function' && io.connect === io && io.io === io) return '4';
  return 'none';
}

for (let i = 2; i < argv.length; i += 2) {
  const [url, wanted] = argv.slice(i, i + 2);
  const response = await fetch(url, { headers: { 'Accept-Encoding': 'br' } });
  const coding = response.headers.get('content-encoding');
  const got = generation(await load(url, await response.text()));
  if (!response.ok || coding !== 'br' || got !== wanted) {
    console.error(`${url}: ${response.status}, coded as ${coding}, of generation ${got} in place of ${wanted}`);
    exit(1);
  }
}
