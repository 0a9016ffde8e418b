// Package rawsocket is a Socket.IO client of each generation that does what no
// well-behaved client does: it stops reading, cuts its connection, keeps
// everything it was told. It is for tests of the server against the protocols
// as realtime.md has them, so it shares no code with the server's library and
// must not import it.
package rawsocket
