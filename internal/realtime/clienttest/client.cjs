// Usage: node client.cjs GENERATION TRANSPORT URL
// Runs one generation of the official client through everything that it can do.
// Says what it did; ends with 1 at the first thing that is not as it should be.
'use strict';
const assert = require('node:assert/strict');
const http = require('node:http');
const { setTimeout: wait } = require('node:timers/promises');
const { generation } = require('./generations.cjs');

const [name, transport, url] = process.argv.slice(2);
const token = 'a-secret-token';
const client = generation(name, transport, url);

// As in their days: who reuses a connection may find that the server has just
// closed it, which is no loss that they are made for.
http.globalAgent = new http.Agent({ keepAlive: false });

// Everything that was ever lost between two encodings.
const texts = [
  'plain', '', 'ünïcødé', '😀👩‍👩‍👧 𝄞', 'line\u2028and\u2029paragraph', '\n\r\t\u0000\u001f\u007f',
  '"\\\\" \\n <script></script>', '\ufffd5\ufffd5:::', '\u00e9\u0301', ':+:,[]{}', 'x'.repeat(50_000) + '😀',
  'Ã©', // what 'é' is when it is encoded twice
].filter((text) => client.text === 'all' || /^[\0-\x7f]*$/.test(text));
const values = [null, true, false, 0, -1.5, 1e300, 2 ** 53, [], {}, [[null]], { a: { 'b"': [1, '2'] }, '': '' }];

const message = 'The token is not valid: “sign in” again.';
const badToken = { id: 'invalid-access-token', message, data: { a: '\u2028<😀>' } };
const unknownUser = { id: 'unknown-user', message: 'There is nobody here.' };

// once resolves with the arguments of the next event.
const once = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...got) => resolve(got)));
const hex = (value) => Buffer.from(value).toString('hex');

// within fails long before the Go test does, and says where.
async function within(what, promise, ms = 60_000) {
  const late = new AbortController();
  const timer = wait(ms, undefined, { signal: late.signal })
    .then(() => assert.fail(`${what}: nothing within ${ms} ms`), () => {});
  try {
    const got = await Promise.race([promise, timer]);
    console.log('ok', what);
    return got;
  } finally {
    late.abort();
  }
}

async function carriesText(socket) {
  for (const text of texts) {
    const label = JSON.stringify(text).slice(0, 40);
    assert.deepEqual(await within(`${label} arrives`, ask(socket, 'hex', text)), [hex(text)]);
    assert.deepEqual(await within(`${label} comes`, ask(socket, 'unhex', hex(text))), [text]);
  }
  if (client.text === 'ascii') {
    assert.notDeepEqual(await within('what is encoded twice', ask(socket, 'hex', 'é')), [hex('é')]);
  }
  for (const value of [...texts, ...values]) {
    const label = JSON.stringify(value).slice(0, 40);
    assert.deepEqual(await within(`ack of ${label}`, ask(socket, 'echo', value, 'and')), [value, 'and']);
    const back = once(socket, 'back');
    socket.emit('back', value);
    assert.deepEqual(await within(`event with ${label}`, back), [value]);
  }
  assert.deepEqual(await within('ack without arguments', ask(socket, 'echo')), []);
  const all = texts.map((text) => ask(socket, 'echo', text));
  assert.deepEqual(await within('many at once', Promise.all(all)), texts.map((text) => [text]));
  const said = once(socket, 'said');
  socket.send(texts[2]);
  assert.deepEqual(await within('send', said), [texts[2]]);
}

async function answers(socket) {
  socket.on('question', (...args) => args.pop()('answer', ...args));
  const answered = once(socket, 'answered');
  socket.emit('ask', texts[2], texts[3]);
  assert.deepEqual(await within('ack to the server', answered), ['answer', texts[2], texts[3]]);
}

const bytes = Buffer.from([0, 1, 4, 30, 0xff, 0xfe, 0x80, ...Buffer.from('😀')]);

async function receivesBinary(socket) {
  const [got] = await within('bytes come', ask(socket, 'unhex', hex(bytes), 'as bytes'));
  assert.equal(hex(got), hex(bytes));
}

async function carriesBinary(socket) {
  assert.deepEqual(await within('bytes arrive', ask(socket, 'hex', bytes)), [hex(bytes)]);
  const large = Buffer.alloc(100_000, 7);
  const got = await within('binary in an ack', ask(socket, 'echo', { deep: [bytes] }, large, 'text'));
  assert.equal(hex(got[0].deep[0]), hex(bytes));
  assert.equal(hex(got[1]), hex(large));
  assert.equal(got[2], 'text');
  const back = once(socket, 'back');
  socket.emit('back', bytes, Buffer.alloc(0));
  const [one, none] = await within('binary in an event', back);
  assert.equal(hex(one), hex(bytes));
  assert.equal(hex(none), '');
}

// secondNamespace comes and goes on the same connection.
async function secondNamespace(socket) {
  const second = client.second(socket, '/bob', token);
  await within('second namespace', once(second, 'connect'));
  assert.deepEqual(await within('where', ask(second, 'where')), [['/bob', client.protocol]]);
  socket.on('back', () => assert.fail('the other namespace was told'));
  const back = once(second, 'back');
  second.emit('back', 1);
  await within('event of the second namespace', back);
  socket.removeAllListeners('back');
  const left = once(second, 'disconnect');
  second.emit('leave');
  await within('sent away', left);
}

// isRefused is told why: on a connection of its own, and on one that goes on.
async function isRefused(socket) {
  if (client.text === 'all') {
    const got = await within('refusal', client.refused('/alice', 'wrong'));
    assert.deepEqual(got, client.refusal(badToken, false));
  }
  const nobody = await within('refusal of a second namespace', client.refusedSecond(socket, '/nobody', token));
  assert.deepEqual(nobody, client.refusal(unknownUser, true));
  if (client.tokenPerNamespace) {
    const bad = await within('refusal of a second token', client.refusedSecond(socket, '/carol', 'wrong'));
    assert.deepEqual(bad, client.refusal(badToken, true));
  }
  assert.deepEqual(await within('the first goes on', ask(socket, 'echo', 1)), [1]);
}

async function comesBack(socket) {
  const lost = once(socket, 'disconnect');
  // Each time, because the new connection may be lost, too.
  const answer = new Promise((resolve) => socket.on('connect', () => ask(socket, 'hex', texts[2]).then(resolve)));
  socket.emit('restart');
  await within('disconnect by the restart', lost);
  assert.deepEqual(await within('answer after the restart', answer), [hex(texts[2])]);
}

async function main() {
  const socket = client.connect('/alice', token);
  await within('connect', once(socket, 'connect'));
  assert.deepEqual(await within('where', ask(socket, 'where')), [['/alice', client.protocol]]);
  await within('transport', client.settled(socket));
  await carriesText(socket);
  await answers(socket);
  if (client.binary !== 'none') await receivesBinary(socket);
  if (client.binary === 'both ways') await carriesBinary(socket);
  await secondNamespace(socket);
  await isRefused(socket);
  await comesBack(socket);
  client.close(socket);
}

main().then(() => process.exit(0), (error) => {
  console.log(error);
  process.exit(1);
});
