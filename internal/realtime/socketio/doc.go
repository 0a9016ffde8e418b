// Package socketio serves Socket.IO in the packet protocols 3, 4 and 5, which
// the clients 1.x to 4.x speak, over package engineio: namespaces, events and
// acknowledgements both ways, binary attachments and refusals.
//
// JSON passes through: arguments are checked and split, never decoded and
// encoded again. The package knows nothing of the application, and imports
// nothing of this module but engineio. Package legacy serves protocol 1, the
// clients 0.9, to the same application through Socket, Handler and ConnectFunc.
//
// # Order and concurrency
//
// The calls to one Handler come one at a time, in the order of the wire, and on
// the goroutine that reads the connection: what a handler waits for, its client
// waits for. Every method of Socket, Event and Prepared may be called from any
// goroutine.
package socketio
