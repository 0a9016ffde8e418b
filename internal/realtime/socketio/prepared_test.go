package socketio_test

import (
	"fmt"
	"testing"

	"github.com/activityd/activityd/internal/realtime/socketio"
)

// TestPreparedOnce encodes once for all sockets of one form and namespace, and
// remembers no more than a few, however many namespaces there are.
func TestPreparedOnce(t *testing.T) {
	p := socketio.Prepare("news", []byte("1"))
	encodings := 0
	encode := func() [][]byte { encodings++; return [][]byte{{byte(encodings)}} }
	for range 3 {
		for i, namespace := range []string{"/", "/u"} {
			if got := p.Frames("a", namespace, encode); got[0][0] != byte(i+1) {
				t.Errorf("%s: encoding %d", namespace, got[0][0])
			}
		}
	}
	if encodings != 2 {
		t.Errorf("%d encodings for two namespaces", encodings)
	}
	for range 2 {
		for i := range 100 {
			p.Frames("a", fmt.Sprint("/", i), encode)
		}
	}
	if encodings < 2+100+80 {
		t.Errorf("%d encodings: it remembers too many", encodings)
	}
}
