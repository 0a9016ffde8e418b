// Builds the Socket.IO clients that activityd embeds: copies them, with their
// source maps, to internal/realtime/clientfiles/files/built, each also
// compressed where that is smaller.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = new URL('.', import.meta.url);
const built = new URL('../internal/realtime/clientfiles/files/built/', here);

// By generation: the npm package and its files. The msgpack build of 4 stays
// out, for it speaks to servers with that parser only.
const clients = [
  ['4', 'socket.io-client', withMaps('socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js')],
  ['2', 'socket.io-client-2', withMaps('socket.io.js', 'socket.io.dev.js', 'socket.io.slim.js', 'socket.io.slim.dev.js')],
  ['0.9', 'socket.io-client-0.9', ['socket.io.js', 'socket.io.min.js']],
];

function withMaps(...scripts) {
  return scripts.flatMap((script) => [script, `${script}.map`]);
}

function brotli(content) {
  return brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}

// All is read and compressed before the old files go.
const files = [];
for (const [generation, source, names] of clients) {
  for (const name of names) {
    const content = readFileSync(new URL(`node_modules/${source}/dist/${name}`, here));
    const packed = { '.br': brotli(content), '.gz': gzipSync(content, { level: 9 }) };
    files.push([`${generation}/${name}`, content]);
    for (const [ending, bytes] of Object.entries(packed)) {
      if (bytes.length < content.length) files.push([`${generation}/${name}${ending}`, bytes]);
    }
  }
}

rmSync(built, { recursive: true, force: true });
for (const [generation] of clients) mkdirSync(new URL(`${generation}/`, built), { recursive: true });
for (const [name, content] of files) writeFileSync(new URL(name, built), content);
