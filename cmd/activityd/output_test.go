package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/config"
)

func TestUserTables(t *testing.T) {
	users := []userRow{
		{Username: "alice", Email: "alice@example.org", Created: time.Unix(1700000000, 0)},
		{Username: "barbara", Email: "b@example.org", Created: time.Unix(1700000060, 0), Disabled: true},
	}
	var table, array, none bytes.Buffer
	if err := writeUsers(&table, users); err != nil {
		t.Fatal(err)
	}
	want := `NAME     EMAIL              CREATED              STATE
alice    alice@example.org  2023-11-14 22:13:20  active
barbara  b@example.org      2023-11-14 22:14:20  disabled
`
	if table.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &table, want)
	}
	if err := writeUsersJSON(&array, users); err != nil {
		t.Fatal(err)
	}
	var read []userRow
	if err := json.Unmarshal(array.Bytes(), &read); err != nil || len(read) != 2 || !read[1].Disabled {
		t.Errorf("%v in %s", err, &array)
	}
	if err := writeUsersJSON(&none, nil); err != nil || none.String() != "[]\n" {
		t.Errorf("no users: %v, %q", err, &none)
	}
}

func TestLogger(t *testing.T) {
	tests := []struct {
		format config.LogFormat
		json   bool
	}{{config.LogAuto, true}, {config.LogJSON, true}, {config.LogText, false}}
	for _, test := range tests {
		var out bytes.Buffer
		log := newLogger(&out, test.format, slog.LevelWarn)
		log.Info("below the level")
		if out.Len() > 0 {
			t.Errorf("%s: logged %s", test.format, &out)
		}
		log.Warn("at the level")
		if json.Valid(out.Bytes()) != test.json {
			t.Errorf("%s: logged %s", test.format, &out)
		}
	}
}
