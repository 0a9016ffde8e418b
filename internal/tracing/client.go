package tracing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// client sends spans in protobuf by HTTP. The library's own does too, but
// brings gRPC with it, which would make the program a third larger.
type client struct {
	endpoint  string
	transport *http.Transport
}

func newClient(endpoint string) *client {
	return &client{endpoint: endpoint, transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}}
}

// Start has nothing to do.
func (c *client) Start(context.Context) error { return nil }

// Stop closes the connections.
func (c *client) Stop(context.Context) error {
	c.transport.CloseIdleConnections()
	return nil
}

// maxAnswer is how much of the collector's answer is read.
const maxAnswer = 64 << 10

// UploadTraces sends spans once. On the wire TracesData is the same as the
// request of OTLP's collector service.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("write spans: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	response, err := c.transport.RoundTrip(request) // redirects are not followed
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer)); err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("send spans: the collector answered %s", response.Status)
	}
	return nil
}
