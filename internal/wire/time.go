package wire

import (
	"errors"
	"math"
	"strconv"
	"time"
)

const (
	isoSeconds = "2006-01-02T15:04:05Z"
	isoMillis  = "2006-01-02T15:04:05.000Z"
	httpDate   = "Mon, 02 Jan 2006 15:04:05 GMT"
)

// appendEpoch appends seconds since 1970 with as many decimals as the
// milliseconds need.
func appendEpoch(buf []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms%1000 == 0 {
		return strconv.AppendInt(buf, ms/1000, 10)
	}
	return strconv.AppendFloat(buf, float64(ms)/1000, 'f', -1, 64)
}

// formatTime writes a time in a format that is not a protocol's default.
func formatTime(f TimeFormat, t time.Time) string {
	switch f {
	case EpochTime:
		return string(appendEpoch(nil, t))
	case HTTPTime:
		return t.UTC().Format(httpDate)
	default:
		return t.UTC().Format(isoMillis)
	}
}

var errTime = errors.New("not a timestamp")

// parseTime reads a time that is written as text, in any of the formats:
// clients do not agree on them.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, time.RFC1123, "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, errTime
	}
	return epochTime(n)
}

// epochTime makes a time of seconds since 1970, to the millisecond. It refuses
// what lies outside the years 1 to 9999, which no other format could write.
func epochTime(n float64) (time.Time, error) {
	const first, last = -62135596800, 253402300799
	if math.IsNaN(n) || n < first || n > last {
		return time.Time{}, errTime
	}
	return time.UnixMilli(int64(math.Round(n * 1000))).UTC(), nil
}
