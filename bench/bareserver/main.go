// Command bareserver is our Socket.IO library and nothing else, to be measured:
// an event "echo" is acknowledged with its value, an event "all" is sent to all
// sockets as "news". Package bench/subject says how it is talked with. It
// imports nothing of activityd but the library.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/activityd/activityd/internal/realtime/socketio"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bareserver:", err)
		os.Exit(1)
	}
}

func run(args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("bareserver", flag.ContinueOnError)
	profiles := flags.String("profiles", "", "folder for a profile of the processor and of the memory")
	if err := flags.Parse(args); err != nil {
		return err
	}
	sockets, err := socketio.NewServer(socketio.Config{Connect: new(room).connect})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: sockets, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	stop, err := profile(*profiles)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, "listening on", listener.Addr()); err != nil {
		return err
	}
	err = talk(stdin, stdout)
	err = errors.Join(err, stop())
	sockets.Close()
	err = errors.Join(err, server.Close())
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// talk answers each line until there are no more.
func talk(stdin io.Reader, stdout io.Writer) error {
	lines := bufio.NewScanner(stdin)
	for lines.Scan() {
		text, err := json.Marshal(stats())
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(stdout, "%s\n", text); err != nil {
			return err
		}
	}
	return lines.Err()
}

// stats are the figures of package subject.
func stats() map[string]uint64 {
	runtime.GC()
	runtime.GC() // the first one leaves what pools held
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
	}
	metrics.Read(samples)
	return map[string]uint64{
		"goroutines": uint64(runtime.NumGoroutine()),
		"heap":       samples[0].Value.Uint64(),
		"stack":      samples[1].Value.Uint64(),
	}
}
