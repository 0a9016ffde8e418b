// Package wire moves WebSocket frames at the least cost per idle connection. It
// owns the frames, the bounded outbox and its writers, the reading, the parking
// of connections that are quiet, and the timer wheel; the protocols above own
// what the messages mean. The handshake is gorilla/websocket's. It imports
// nothing of this module.
package wire
