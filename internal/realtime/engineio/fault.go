package engineio

import (
	"io"
	"net/http"
	"strconv"
)

// fault is a request that is refused, by the protocol's code.
type fault struct {
	code    faultCode
	message string
}

type faultCode int

const (
	faultUnknownTransport faultCode = 0
	faultUnknownSession   faultCode = 1
	faultBadMethod        faultCode = 2
	faultBadRequest       faultCode = 3
	faultForbidden        faultCode = 4
	faultUnsupported      faultCode = 5
)

func (c faultCode) fault() *fault {
	switch c {
	case faultUnknownTransport:
		return &fault{c, "Transport unknown"}
	case faultUnknownSession:
		return &fault{c, "Session ID unknown"}
	case faultBadMethod:
		return &fault{c, "Bad handshake method"}
	case faultForbidden:
		return &fault{c, "Forbidden"}
	case faultUnsupported:
		return &fault{c, "Unsupported protocol version"}
	}
	return &fault{faultBadRequest, "Bad request"}
}

// answer tells a client that its request is refused: as JSON, or to a WebSocket
// client, which does not see the body, as plain text.
func (f *fault) answer(w http.ResponseWriter, r *http.Request) {
	status := http.StatusBadRequest
	if f.code == faultForbidden {
		status = http.StatusForbidden
	}
	header := w.Header()
	body := `{"code":` + strconv.Itoa(int(f.code)) + `,"message":"` + f.message + `"}`
	header.Set("Content-Type", "application/json")
	if isUpgrade(r) {
		body = f.message
		header.Set("Content-Type", "text/plain; charset=UTF-8")
		header.Set("Connection", "close")
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a client that has gone needs no answer
}
