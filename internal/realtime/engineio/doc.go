// Package engineio serves Engine.IO, the transport below Socket.IO, in the
// revisions 4, 3 and 2 and their dialects: handshake, long polling (XHR and
// JSONP), WebSocket, the upgrade from one to the other, and heartbeats.
//
// A session at rest has no goroutine (see package wire for where it has one), no
// timer, no buffer and no map of its own. The package knows nothing of
// Socket.IO packets and imports nothing of this module but its own wire package.
package engineio
