// What differs between the generations of the client.
'use strict';
const assert = require('node:assert/strict');
const { setTimeout: wait } = require('node:timers/promises');

// generation returns how to use one of them over a transport: polling,
// websocket, or upgrade from one to the other.
exports.generation = (name, transport, url) =>
  name === '0.9' ? old(transport, url) : modern(name, transport, url);

// No attempt to connect is given up for being slow.
const patience = 120_000;

function old(transport, url) {
  const library = require('client-0.9');
  library.transports = [transport === 'polling' ? 'xhr-polling' : transport];
  const open = (namespace, token) => library.connect(`${url}${namespace}?auth=${token}`, {
    'force new connection': true, 'reconnection delay': 50, 'max reconnection attempts': 20, 'connect timeout': patience,
  });
  return {
    protocol: 1,
    text: 'all',
    binary: 'none',
    connect: open,
    second: (socket, namespace) => socket.socket.of(namespace),
    refused: (namespace, token) => new Promise((resolve) => {
      open(namespace, token).on('error', (text) => resolve(JSON.parse(text)));
    }),
    // Nothing can be told of the reason.
    refusedSecond: (socket, namespace) => new Promise((resolve) => {
      socket.socket.of(namespace).on('connect_failed', resolve);
    }),
    refusal: (refusal, second) => (second ? 'unauthorized' : refusal),
    async settled(socket) {
      assert.equal(socket.socket.transport.name, library.transports[0]);
    },
    close: (socket) => socket.socket.disconnect(),
  };
}

// What the 1.x line cannot do under Node.
const before = (name, version) => Number(name) < version;

// 1.0 says that it is of revision 3, but encodes text twice over WebSocket as
// revision 2 does. Nothing tells it from 1.1, so that only ASCII survives. In
// browsers it says 2, and everything does.
const textOf = (name, transport) => (name === '1.0' && transport !== 'polling' ? 'ascii' : 'all');

// Up to 1.2 a Buffer is sent as zeros, of whatever length its memory has: they
// take it for the arrays that it was made of before Node 3. Browsers send what
// they should.
const binaryOf = (name) => (before(name, 1.3) ? 'to the client' : 'both ways');

function modern(name, transport, url) {
  const library = require(`client-${name}`);
  const options = {
    forceNew: true,
    transports: transport === 'upgrade' ? ['polling', 'websocket'] : [transport],
    reconnectionDelay: 50,
    reconnectionDelayMax: 500,
    timeout: patience,
  };
  const withAuth = !before(name, 3);
  const open = (namespace, token) => withAuth
    ? library(url + namespace, { ...options, auth: { auth: token } })
    : library(`${url}${namespace}?auth=${token}`, options);
  const second = (socket, namespace, token) => socket.io.socket(
    namespace, withAuth ? { auth: { auth: token } } : { query: `auth=${token}` });
  const refusalOf = (socket) => new Promise((resolve) => {
    if (!withAuth) {
      socket.on('error', resolve);
      return;
    }
    socket.on('connect_error', (error) => {
      assert.ok(error instanceof Error);
      resolve({ message: error.message, data: error.data });
    });
  });
  return {
    protocol: withAuth ? 5 : 4,
    text: textOf(name, transport),
    binary: binaryOf(name),
    // Before 1.5 the token stands in the HTTP query only, for all namespaces.
    tokenPerNamespace: !before(name, 1.5),
    connect: open,
    second,
    refused: (namespace, token) => refusalOf(open(namespace, token)),
    refusedSecond: (socket, namespace, token) => refusalOf(second(socket, namespace, token)),
    refusal: (refusal) => (withAuth ? { message: refusal.message, data: refusal } : refusal),
    async settled(socket) {
      const wanted = transport === 'upgrade' ? 'websocket' : transport;
      while (socket.io.engine.transport.name !== wanted) await wait(10);
    },
    close: (socket) => socket.disconnect(),
  };
}
