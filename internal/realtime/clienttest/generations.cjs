// What differs between the generations of the client.
'use strict';
const assert = require('node:assert/strict');
const { setTimeout: wait } = require('node:timers/promises');

// generation returns how to use one of them over a transport: polling,
// websocket, or upgrade from one to the other.
exports.generation = (name, transport, url) =>
  name === '0.9' ? old(transport, url) : modern(name, transport, url);

function old(transport, url) {
  const library = require('client-0.9');
  library.transports = [transport === 'polling' ? 'xhr-polling' : transport];
  const open = (namespace, token) => library.connect(`${url}${namespace}?auth=${token}`, {
    'force new connection': true, 'reconnection delay': 50, 'max reconnection attempts': 20,
  });
  return {
    protocol: 1,
    binary: false,
    connect: open,
    second: (socket, namespace) => socket.socket.of(namespace),
    refused: (namespace, token) => new Promise((resolve) => {
      open(namespace, token).on('error', (text) => resolve(JSON.parse(text)));
    }),
    async settled(socket) {
      assert.equal(socket.socket.transport.name, library.transports[0]);
    },
    close: (socket) => socket.socket.disconnect(),
  };
}

function modern(name, transport, url) {
  const library = require(`client-${name}`);
  const options = {
    forceNew: true,
    transports: transport === 'upgrade' ? ['polling', 'websocket'] : [transport],
    reconnectionDelay: 50,
    reconnectionDelayMax: 500,
  };
  const withAuth = Number(name) >= 3;
  const open = (namespace, token) => withAuth
    ? library(url + namespace, { ...options, auth: { auth: token } })
    : library(`${url}${namespace}?auth=${token}`, options);
  return {
    protocol: withAuth ? 5 : 4,
    binary: true,
    connect: open,
    second: (socket, namespace, token) => socket.io.socket(
      namespace, withAuth ? { auth: { auth: token } } : { query: `auth=${token}` }),
    refused: (namespace, token) => new Promise((resolve) => {
      const socket = open(namespace, token);
      if (withAuth) socket.on('connect_error', (error) => resolve(error.data));
      else socket.on('error', resolve);
    }),
    async settled(socket) {
      const wanted = transport === 'upgrade' ? 'websocket' : transport;
      while (socket.io.engine.transport.name !== wanted) await wait(10);
    },
    close: (socket) => socket.disconnect(),
  };
}
