// Builds the pages that activityd embeds: copies them with what they need to
// internal/console/docs/built, assets compressed and named by their content.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const here = new URL('.', import.meta.url);
const built = new URL('../internal/console/docs/built/', here);

const assets = {
  'explorer.js': 'node_modules/@scalar/api-reference/dist/browser/standalone.js',
  'page.js': 'docs/page.js',
  'page.css': 'docs/page.css',
};

rmSync(built, { recursive: true, force: true });
mkdirSync(new URL('assets/', built), { recursive: true });

let page = readFileSync(new URL('docs/index.html', here), 'utf8');
for (const [name, source] of Object.entries(assets)) {
  const content = readFileSync(new URL(source, here));
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const named = name.replace('.', `-${hash}.`);
  writeFileSync(new URL(`assets/${named}.gz`, built), gzipSync(content, { level: 9 }));
  if (!page.includes(`/docs/assets/${name}`)) throw new Error(`docs/index.html does not use ${name}`);
  page = page.replace(`/docs/assets/${name}`, `/docs/assets/${named}`);
}
writeFileSync(new URL('index.html', built), page);
