// Package swarm keeps thousands of Socket.IO clients (protocol 5 over WebSocket)
// on one goroutine, by epoll, so that a load generator costs little beside the
// server that it measures. It imports nothing of this module.
//
// All callbacks are made on that goroutine, and all methods of Socket are to be
// called there: in a callback, or in a function given to Swarm.Do.
package swarm
