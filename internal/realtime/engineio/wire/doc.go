// Package wire moves frames to sockets at the least cost per idle connection.
// It owns the frame encoding, the bounded outbox with its writer, the reading
// loop over gorilla/websocket and the timer wheel; the protocols above own what
// the frames mean. It imports nothing of this module.
package wire
