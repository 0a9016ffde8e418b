package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/activityd/activityd/internal/config"
	"github.com/spf13/cobra"
)

// healthTimeout is how long a healthy service may take to say so.
const healthTimeout = 3 * time.Second

func healthcheckCommand(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the service on this machine whether it is alive",
		Long: `Ask the service on this machine, at /healthz on admin_listen, whether it is
alive. Exits with 0 if it is and with 1 if not, a wrong configuration included,
as HEALTHCHECK in a Dockerfile expects. Every setting of 'activityd serve' is
accepted.`,
		Example: `  activityd healthcheck
  activityd healthcheck --admin-listen localhost:4001`,
		Args: noArgs,
	}
	settings := addSettings(cmd.Flags(), environ, "admin_listen")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		effective, err := settings.load()
		if err != nil {
			// Not wrapped: the exit code of a wrong configuration means
			// something else to Docker.
			return errors.New("unhealthy: " + err.Error())
		}
		answer, err := healthcheck(cmd.Context(), effective.Config)
		if err != nil {
			return fmt.Errorf("unhealthy: %w", err)
		}
		return say(cmd, "healthy: %s", answer)
	}
	return cmd
}

// healthcheck asks the admin listener and says what it answered.
func healthcheck(ctx context.Context, cfg config.Config) (string, error) {
	address, err := healthURL(cfg.AdminListen)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("ask %s: %w", address, err)
	}
	client := http.Client{
		Transport:     &http.Transport{}, // no proxy between us and ourselves
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the rest repeats the URL
		}
		return "", fmt.Errorf("no answer from %s: %w", address, err)
	}
	if err := response.Body.Close(); err != nil {
		return "", fmt.Errorf("no whole answer from %s: %w", address, err)
	}
	answer := fmt.Sprintf("%s answered %s", address, response.Status)
	if response.StatusCode != http.StatusOK {
		return "", errors.New(answer)
	}
	return answer, nil
}

// healthURL is where a listener on listen is reached from this machine.
func healthURL(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("admin_listen: %w", err)
	}
	if port == "0" {
		return "", errors.New("admin_listen has port 0, so the port is known to the service alone")
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/healthz", nil
}
