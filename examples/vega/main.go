// Command vega loads two data sets into an account over the public API, then
// asks for a part of them: four years of weather in Seattle, and a week of the
// world's earthquakes. It is an example of a client, and the proof that the
// service takes real input.
//
//	npm ci --prefix examples/vega
//	go run ./examples/vega --token TOKEN http://localhost:3000/alice
//
// It may run again: events have ids made from the data, so that nothing is
// created twice.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vega:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("vega", flag.ContinueOnError)
	token := flags.String("token", os.Getenv("ACTIVITYD_TOKEN"), "personal `token` of the account (or ACTIVITYD_TOKEN)")
	data := flags.String("data", "examples/vega/node_modules/vega-datasets/data", "`folder` of the data sets")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *token == "" {
		return fmt.Errorf("give the URL of the account's root and its token: vega --token TOKEN http://localhost:3000/alice")
	}
	api := &client{root: flags.Arg(0), token: *token}
	weather, err := readWeather(filepath.Join(*data, "seattle-weather.csv"))
	if err != nil {
		return err
	}
	quakes, err := readEarthquakes(filepath.Join(*data, "earthquakes.json"))
	if err != nil {
		return err
	}
	for _, set := range []dataset{weather, quakes} {
		if err := load(ctx, api, set, out); err != nil {
			return err
		}
	}
	return ask(ctx, api, out)
}

// load makes the channel and folders of a data set, then its events in
// batches.
func load(ctx context.Context, api *client, set dataset, out io.Writer) error {
	began := time.Now()
	if err := api.ensure(ctx, "channels", item{"id": set.channel, "name": set.name}); err != nil {
		return err
	}
	for _, folder := range set.folders {
		if err := api.ensure(ctx, set.channel+"/folders", folder); err != nil {
			return err
		}
	}
	if err := api.createEvents(ctx, set.channel, set.events); err != nil {
		return err
	}
	took := time.Since(began)
	_, err := fmt.Fprintf(out, "%-12s %5d events in %7s (%.0f per second)\n", set.channel, len(set.events),
		took.Round(time.Millisecond), float64(len(set.events))/took.Seconds())
	return err
}
