// Package realtime joins the Socket.IO library, the services and the feed of
// changes: it decides who may connect where, runs commands through the method
// table, and tells sockets what changed.
//
// It owns the sessions of sockets, their commands and their notifications. It
// reaches data through package api only, and must not import a store, the REST
// adapter or echo.
//
// # What a socket costs while it is idle
//
// One session: no goroutine, timer, channel or map of its own. Commands get a
// goroutine while there are any; what changed is kept as a set of channels until
// the socket can take it; all ends of credentials wait in one heap.
//
// # Locks
//
// hub.mu, expiries.mu and session.mu are never held together, and none of them
// while a socket is written to.
package realtime
