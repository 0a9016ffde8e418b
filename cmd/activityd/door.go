package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/metrics"
	"github.com/activityd/activityd/internal/realtime"
	"github.com/activityd/activityd/internal/realtime/clientfiles"
)

// door is where sockets come in.
type door struct{ sockets *realtime.Server }

func openDoor(cfg config.Config, log *slog.Logger, service *api.Service, w watch) (door, error) {
	files, err := clientfiles.New(clientfiles.Version(cfg.ClientVersion))
	if err != nil {
		return door{}, err
	}
	sockets, err := realtime.New(realtime.Options{
		Service:            service,
		Domain:             cfg.Domain,
		Logger:             log,
		TrustedProxies:     cfg.TrustedProxies,
		Files:              files,
		PingInterval:       cfg.PingInterval,
		PingTimeout:        cfg.PingTimeout,
		MaxPacket:          cfg.MaxPacket,
		MaxSockets:         cfg.MaxSockets,
		MaxSocketsPerUser:  cfg.MaxSocketsPerUser,
		MaxPendingCommands: cfg.MaxPendingCommands,
		Observe: func(c realtime.Command) {
			w.metrics.ObserveCommand(c.Method, string(c.Code), c.Took)
		},
	})
	if err != nil {
		return door{}, err
	}
	w.metrics.AddSockets(func() metrics.Sockets {
		s := sockets.Stats()
		return metrics.Sockets{
			Connected: s.Connected, Connections: s.Connections, Refused: s.Refused,
			Notifications: s.Notifications, Delays: metrics.Histogram(s.Delays),
		}
	})
	return door{sockets}, nil
}

// follow lets the sockets be told of changes, until stop is called, which
// returns when nothing is read any more.
func (d door) follow() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.sockets.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// beside gives a handler that leads sockets to their door and all else to h.
func (d door) beside(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, realtime.Path) || r.URL.Path+"/" == realtime.Path {
			d.sockets.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}
