package config

import (
	"errors"
	"math"
	"strconv"
)

// watchSettings are about seeing what the service does; the log's stand with
// those of the service.
func watchSettings() []Setting {
	endpoint := kind[string]{
		allowed: "http:// or https:// with a host, perhaps a port and a path; empty for no traces",
		parse:   parseEndpoint, format: same, quoted: true,
	}
	settings := []Setting{
		row("otlp_endpoint", "", "`url` of the OpenTelemetry collector that traces are sent to, by OTLP over HTTP (default: none)",
			endpoint, func(c *Config) *string { return &c.OTLPEndpoint }),
		row("trace_sample", "1", "`part` of the requests that is traced, 1 for all", ratios(), func(c *Config) *float64 { return &c.TraceSample }),
	}
	settings[0].show = showURL
	return settings
}

// tracesPath is where OTLP takes traces when the endpoint names no path.
const tracesPath = "/v1/traces"

func parseEndpoint(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := parseServiceURL(text, "http", "https")
	if err != nil {
		return "", err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = tracesPath
	}
	return u.String(), nil
}

func ratios() kind[float64] {
	return kind[float64]{
		allowed: "a number from 0 to 1",
		format:  func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) },
		parse: func(text string) (float64, error) {
			f, err := strconv.ParseFloat(text, 64)
			switch {
			case err != nil, math.IsNaN(f):
				return 0, errors.New("is not a number")
			case f < 0:
				return 0, errors.New("is too small")
			case f > 1:
				return 0, errors.New("is too large")
			}
			return f, nil
		},
	}
}
