package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// item is the JSON of a channel, folder or event.
type item map[string]any

// dataset is what is loaded into one channel.
type dataset struct {
	channel, name string
	folders       []item
	events        []item
}

// measure is a column of the weather's table.
type measure struct {
	column             int
	folder, name, kind string
}

func measures() []measure {
	return []measure{
		{1, "precipitation", "Precipitation", "length/mm"},
		{2, "temperature-max", "Highest temperature", "temperature/c"},
		{3, "temperature-min", "Lowest temperature", "temperature/c"},
		{4, "wind", "Wind", "speed/m-s"},
	}
}

// readWeather makes a folder per measure and an event per day and measure,
// tagged with the day's kind of weather.
func readWeather(file string) (dataset, error) {
	set := dataset{channel: "weather", name: "Weather in Seattle"}
	for _, m := range measures() {
		set.folders = append(set.folders, item{"id": m.folder, "name": m.name})
	}
	f, err := os.Open(file)
	if err != nil {
		return set, fmt.Errorf("the data sets are missing (npm ci --prefix examples/vega gets them): %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return set, fmt.Errorf("read %s: %w", file, err)
	}
	for _, row := range rows[1:] {
		day, err := time.Parse(time.DateOnly, row[0])
		if err != nil {
			return set, fmt.Errorf("read %s: %w", file, err)
		}
		for _, m := range measures() {
			value, err := strconv.ParseFloat(row[m.column], 64)
			if err != nil {
				return set, fmt.Errorf("read %s: %w", file, err)
			}
			set.events = append(set.events, item{
				"id": idOf("weather", row[0], m.folder), "time": day.Unix(), "type": m.kind, "value": value,
				"folderId": m.folder, "tags": []string{row[5]},
			})
		}
	}
	return set, nil
}

// readEarthquakes makes an event per earthquake, tagged with the network that
// reported it.
func readEarthquakes(file string) (dataset, error) {
	set := dataset{channel: "earthquakes", name: "Earthquakes of a week"}
	text, err := os.ReadFile(file)
	if err != nil {
		return set, fmt.Errorf("the data sets are missing (npm ci --prefix examples/vega gets them): %w", err)
	}
	var collection struct {
		Features []struct {
			ID         string
			Properties struct {
				Mag   *float64
				Place string
				Time  float64 // milliseconds
				Net   string
			}
			Geometry struct{ Coordinates [3]float64 } // longitude, latitude, kilometres deep
		}
	}
	if err := json.Unmarshal(text, &collection); err != nil {
		return set, fmt.Errorf("read %s: %w", file, err)
	}
	for _, f := range collection.Features {
		at := f.Geometry.Coordinates
		set.events = append(set.events, item{
			"id": idOf("earthquakes", f.ID), "time": f.Properties.Time / 1000, "type": "position/wgs84",
			"value": item{
				"latitude": at[1], "longitude": at[0], "altitude": -1000 * at[2],
				"magnitude": f.Properties.Mag,
			},
			"description": f.Properties.Place, "tags": []string{f.Properties.Net},
		})
	}
	return set, nil
}

// idOf makes an event's id from what identifies it in the data.
func idOf(parts ...string) string {
	text, _ := json.Marshal(parts) // strings: cannot fail
	return uuid.NewSHA1(uuid.NameSpaceURL, append([]byte("https://github.com/vega/vega-datasets#"), text...)).String()
}
