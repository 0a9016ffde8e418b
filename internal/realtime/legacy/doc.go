// Package legacy serves protocol 1 of Socket.IO, which the clients 0.9 speak:
// the handshake, the transports websocket, xhr-polling and jsonp-polling,
// heartbeats, namespaces ("endpoints"), events and acknowledgements. An
// application takes part through socketio.Socket, socketio.Handler and
// socketio.ConnectFunc, as with the later protocols.
//
// JSON passes through: arguments are checked and split, never decoded and
// encoded again. The package imports nothing of this module but socketio,
// engineio and what lies below them.
//
// # What protocol 1 cannot do
//
// It knows no binary values. What an application sends for an attachment's
// placeholder arrives as null; a client that sends a binary WebSocket message
// is closed with status 1003. A refused namespace is told without a reason;
// one can be told at the handshake only, which is what Config.Authorize is for.
//
// flashsocket and htmlfile are not served: a client takes what the handshake
// lists.
//
// # Lost polls
//
// The protocol does not acknowledge what a poll was answered with. A poll whose
// end we see before it is answered loses nothing.
package legacy
