package engineio

// Reason tells why a session or a socket ended.
type Reason string

// The reasons of a session's end.
const (
	// ReasonTransportClose is a connection that the peer closed.
	ReasonTransportClose Reason = "transport close"
	// ReasonTransportError is a connection or a poll that broke.
	ReasonTransportError Reason = "transport error"
	// ReasonPingTimeout is a peer that was silent for too long.
	ReasonPingTimeout Reason = "ping timeout"
	// ReasonParseError is input that no well-behaved client sends.
	ReasonParseError Reason = "parse error"
	// ReasonOverflow is a peer that reads too slowly for what it is sent.
	ReasonOverflow Reason = "overflow"
	// ReasonConnectTimeout is a session on which nothing was opened in time.
	ReasonConnectTimeout Reason = "connect timeout"
	// ReasonForcedClose is an end that the application asked for.
	ReasonForcedClose Reason = "forced close"
	// ReasonShutdown is the end of the server.
	ReasonShutdown Reason = "server shutting down"
)
