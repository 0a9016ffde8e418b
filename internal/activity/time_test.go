package activity_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
)

func numbers() []float64 {
	return []float64{
		0, math.Copysign(0, -1), 1, -1, 0.30000000000000004, 1e-300, -1e-300, 5e-324, 1e-6, 9.99e-7, 1 << 53, -(1 << 53), 1e20, 1e21, 1e22,
		1753712345.123456, -86400.5, math.MaxFloat64, -math.MaxFloat64, math.Nextafter(1753712345, 0),
	}
}

func TestTimestampKeepsItsBits(t *testing.T) {
	for _, f := range numbers() {
		text, err := json.Marshal(activity.Timestamp(f))
		if err != nil {
			t.Fatal(err)
		}
		var back activity.Timestamp
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if math.Float64bits(float64(back)) != math.Float64bits(f) {
			t.Errorf("%x came back as %x by %s", f, float64(back), text)
		}
	}
}

func TestTimestampText(t *testing.T) {
	for f, want := range map[activity.Timestamp]string{0: "0", 0.5: "0.5", 1e20: "100000000000000000000", 1e21: "1e+21", 1e-7: "1e-07", 1e-6: "0.000001", -1.25: "-1.25"} {
		if got := string(f.AppendJSON(nil)); got != want {
			t.Errorf("AppendJSON(%g) = %s, want %s", float64(f), got, want)
		}
	}
}

func TestTimestampRefuses(t *testing.T) {
	for _, text := range []string{`null`, `"1"`, `true`, `[]`, `{}`, `1e400`, `-1e400`, `9007199254740993`} {
		at := activity.Timestamp(7)
		if err := json.Unmarshal([]byte(text), &at); err == nil || at != 7 {
			t.Errorf("%s gave %v, error %v; want an error and the old time", text, at, err)
		}
	}
}

func TestTimestampOf(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), time.Unix(1753712345, 123456000), time.Unix(-86400, 999999000), time.Date(2200, 1, 1, 0, 0, 0, 1000, time.UTC)} {
		if back := activity.TimestampOf(at).Time(); !back.Equal(at) {
			t.Errorf("%v came back as %v", at, back)
		}
	}
}

func TestTimestampAfter(t *testing.T) {
	for _, tt := range []struct{ now, last, want activity.Timestamp }{
		{100, 0, 100},
		{100, 99.999999, 100},
		{100, 100, 100.000001},
		{100, 100.000001, 100.000002},
		{100, 250.5, 250.500001},
		{100.0000004, 0, 100},
	} {
		if got := tt.now.After(tt.last); got != tt.want {
			t.Errorf("%v.After(%v) = %v, want %v", tt.now, tt.last, got, tt.want)
		}
	}
	last := activity.Timestamp(1753712345.5)
	for range 100_000 {
		next := activity.Timestamp(1753712345).After(last)
		if next <= last {
			t.Fatalf("After(%v) = %v does not rise", last, next)
		}
		last = next
	}
	if want := activity.Timestamp(1753712345.6); last != want {
		t.Errorf("100,000 steps led to %v, want %v", last, want)
	}
}

func TestDurationKinds(t *testing.T) {
	for _, tt := range []struct {
		d             activity.Duration
		mark, running bool
		text          string
	}{
		{activity.Duration{}, true, false, "null"},
		{activity.Running, false, true, "null"},
		{activity.Seconds(0), false, false, "0"},
		{activity.Seconds(0.30000000000000004), false, false, "0.30000000000000004"},
	} {
		_, ended := tt.d.Seconds()
		if tt.d.IsZero() != tt.mark || tt.d.IsRunning() != tt.running || ended != (!tt.mark && !tt.running) {
			t.Errorf("%v: mark %t, running %t, ended %t", tt.d, tt.d.IsZero(), tt.d.IsRunning(), ended)
		}
		if got := string(tt.d.AppendJSON(nil)); got != tt.text {
			t.Errorf("AppendJSON = %s, want %s", got, tt.text)
		}
	}
}

func TestDurationOmitted(t *testing.T) {
	type item struct {
		Duration activity.Duration `json:"duration,omitzero"`
	}
	for _, tt := range []struct {
		d    activity.Duration
		want string
	}{{activity.Duration{}, `{}`}, {activity.Running, `{"duration":null}`}, {activity.Seconds(0), `{"duration":0}`}} {
		got, err := json.Marshal(item{tt.d})
		if err != nil || string(got) != tt.want {
			t.Errorf("%v is written %s, %v; want %s", tt.d, got, err, tt.want)
		}
		var back item
		if err := json.Unmarshal(got, &back); err != nil || back.Duration != tt.d {
			t.Errorf("%s reads as %v, %v; want %v", got, back.Duration, err, tt.d)
		}
	}
}

func TestDurationKeepsItsBits(t *testing.T) {
	for _, f := range numbers() {
		text, _ := activity.Seconds(f).MarshalJSON()
		var back activity.Duration
		err := back.UnmarshalJSON(text)
		if f < 0 {
			if err == nil {
				t.Errorf("%s was taken", text)
			}
			continue
		}
		if s, ok := back.Seconds(); err != nil || !ok || math.Float64bits(s) != math.Float64bits(f) {
			t.Errorf("%x came back as %x, %t, %v", f, s, ok, err)
		}
	}
}

func TestDurationRefuses(t *testing.T) {
	for _, text := range []string{`-1`, `-1e-300`, `"1"`, `false`, `{}`, `[]`, `1e400`} {
		d := activity.Running
		if err := d.UnmarshalJSON([]byte(text)); err == nil || d != activity.Running {
			t.Errorf("%s gave %v, error %v; want an error and the old duration", text, d, err)
		}
	}
}
