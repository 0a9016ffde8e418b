package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/realtimetest"
)

// TestSockets: the service has sockets beside REST, with the settings that are
// theirs, and lets them go when it ends.
func TestSockets(t *testing.T) {
	r := start(t, "--max-sockets-per-user", "2", "--client-version", "2", "--max-packet", "1KiB")
	res, err := http.Post(r.url+"/users", "application/json",
		strings.NewReader(`{"username": "alice", "password": "a good password", "email": "alice@example.org"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(body(t, res), `"token":"`)
	token, _, _ = strings.Cut(token, `"`)

	ctx := t.Context()
	var conns []*realtimetest.Conn
	var sockets []*realtimetest.Socket
	connect := func(protocol int) error {
		t.Helper()
		conn, err := realtimetest.Dialer{URL: r.url, Query: "auth=" + token + "&resource=/alice", Protocol: protocol}.Dial(ctx)
		if err != nil {
			return err
		}
		t.Cleanup(conn.Close)
		s, err := conn.Connect(ctx, "/alice", "")
		conns, sockets = append(conns, conn), append(sockets, s)
		return err
	}
	for _, protocol := range []int{1, 5} {
		if err := connect(protocol); err != nil {
			t.Fatalf("protocol %d: %v", protocol, err)
		}
	}
	if err := connect(5); err == nil || !strings.Contains(err.Error(), "too-many-requests") {
		t.Errorf("a third socket: %v", err)
	}
	if _, err := sockets[0].Command(ctx, "channels.create", `{"id": "diary", "name": "Diary"}`); err != nil {
		t.Errorf("a command: %v", err)
	}
	for _, s := range sockets[:2] {
		if _, err := s.WaitFor(ctx, "channelsChanged"); err != nil {
			t.Errorf("a notification: %v", err)
		}
	}
	waitForMetrics(t, r.admin,
		`activityd_socket_connected{generation="0.9"} 1`, `activityd_socket_connected{generation="3-4"} 1`, "activityd_socket_refused_total 1",
		`activityd_socket_commands_total{code="ok",method="channels.create"} 1`, `activityd_socket_notifications_total{event="channelsChanged"} 2`,
		"activityd_socket_notification_delay_seconds_count 1")
	if err := sockets[1].Emit("command", `{"id": "`+strings.Repeat("x", 2000)+`"}`); err != nil {
		t.Error(err)
	}
	<-conns[1].Done() // the packet was too large

	if code := r.stop(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	<-conns[0].Done()
	if sockets[0].Away() {
		t.Error("the client was sent away for good")
	}
	if log := r.stderr.String(); strings.Contains(log, "alice") || strings.Contains(log, token) {
		t.Errorf("the log is\n%s", log)
	}
}

// waitForMetrics waits until all lines are there: a command is counted when its
// answer has been sent.
func waitForMetrics(t *testing.T, admin string, lines ...string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		metrics, err := http.Get(admin + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text := body(t, metrics)
		missing := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return strings.Contains(text, line) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%q are not in\n%s", missing, text)
		}
	}
}

// TestSocketsOfDisabled: who is locked out by a command beside the service
// loses the sockets.
func TestSocketsOfDisabled(t *testing.T) {
	dir := t.TempDir()
	r := start(t, "--data-dir", dir)
	res, err := http.Post(r.url+"/users", "application/json",
		strings.NewReader(`{"username": "alice", "password": "a good password", "email": "alice@example.org"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(body(t, res), `"token":"`)
	token, _, _ = strings.Cut(token, `"`)
	dialer := realtimetest.Dialer{URL: r.url, Query: "auth=" + token}
	conn, err := dialer.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	s, err := conn.Connect(t.Context(), "/alice", "")
	if err != nil {
		t.Fatal(err)
	}
	var out, log output
	if code := run(t.Context(), []string{"user", "disable", "alice", "--data-dir", dir}, nil, strings.NewReader(""), &out, &log); code != exitOK {
		t.Fatalf("exit code %d: %s", code, log.String())
	}
	if err := s.WaitAway(t.Context()); err != nil || !s.Away() {
		t.Errorf("it was not sent away: %v", err)
	}
}
