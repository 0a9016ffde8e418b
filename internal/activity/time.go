package activity

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// Timestamp is a time in seconds since the Unix epoch. Fractions and times
// before 1970 are valid; what is stored is what comes back, to the bit.
type Timestamp float64

// TimestampOf gives t to the microsecond.
func TimestampOf(t time.Time) Timestamp { return Timestamp(float64(t.UnixMicro()) / 1e6) }

// Time converts to the nearest microsecond.
func (t Timestamp) Time() time.Time { return time.UnixMicro(int64(math.Round(float64(t) * 1e6))) }

// After gives the first time of microsecond resolution that is after last and
// not before now: how times of modification rise strictly.
func (t Timestamp) After(last Timestamp) Timestamp {
	now, prev := math.Round(float64(t)*1e6), math.Round(float64(last)*1e6)
	return Timestamp(math.Max(now, prev+1) / 1e6)
}

// AppendJSON appends the shortest number that reads back as t.
func (t Timestamp) AppendJSON(b []byte) []byte { return appendFloat(b, float64(t)) }

// MarshalJSON gives the shortest number that reads back as t.
func (t Timestamp) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil), nil }

// UnmarshalJSON takes a number in the range of a double.
func (t *Timestamp) UnmarshalJSON(b []byte) error {
	f, fault := parseNumber(b, "A time is a number of seconds since 1970-01-01 UTC.")
	if fault != nil {
		return fault
	}
	*t = Timestamp(f)
	return nil
}

// Duration is how long an event lasts, in seconds. Its zero value, absent in
// JSON, marks a point in time (a mark); null is a period that still runs; a
// number, zero included, is a period of that length.
type Duration struct {
	kind    durationKind
	seconds float64
}

type durationKind uint8

const (
	mark durationKind = iota
	period
	running
)

// Running is the duration of a period that still runs.
var Running = Duration{kind: running} //nolint:gochecknoglobals // a constant in all but Go's grammar

// Seconds makes the duration of a period, in seconds.
func Seconds(s float64) Duration { return Duration{kind: period, seconds: s} }

// IsZero reports whether there is no duration: the event is a mark.
func (d Duration) IsZero() bool { return d.kind == mark }

// IsRunning reports whether the period still runs.
func (d Duration) IsRunning() bool { return d.kind == running }

// Seconds gives the length of a period that has ended; false for all else.
func (d Duration) Seconds() (float64, bool) { return d.seconds, d.kind == period }

// AppendJSON appends null for a running period, else the seconds.
func (d Duration) AppendJSON(b []byte) []byte {
	if d.kind == period {
		return appendFloat(b, d.seconds)
	}
	return append(b, "null"...)
}

// MarshalJSON gives null for a running period, else the seconds. A mark is
// left out by omitzero.
func (d Duration) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil), nil }

// UnmarshalJSON takes null or a number of at least 0.
func (d *Duration) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*d = Running
		return nil
	}
	f, fault := parseNumber(b, "A duration is a number of seconds, or null for a period that runs.")
	if fault != nil {
		return fault
	}
	if f < 0 {
		return NewFault("minimum", "A duration is at least 0 seconds.")
	}
	*d = Seconds(f)
	return nil
}

func parseNumber(b []byte, want string) (float64, *Fault) {
	if len(b) == 0 || b[0] != '-' && (b[0] < '0' || b[0] > '9') {
		return 0, &Fault{Code: "type", Message: want}
	}
	if fault := checkNumber(b); fault != nil {
		return 0, fault
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return 0, &Fault{Code: "type", Message: want}
	}
	return f, nil
}

// appendFloat writes a finite number as ECMAScript does.
func appendFloat(b []byte, f float64) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(b, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

var _ json.Unmarshaler = (*Timestamp)(nil)
