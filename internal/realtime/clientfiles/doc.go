// Package clientfiles serves the official Socket.IO clients to browsers, as
// npm has them, from "/socket.io/". It owns their names, their headers and the
// embedded files, which web/client.mjs puts below files/built. It knows nothing
// of sockets and imports no other package of ours.
package clientfiles
