package insights

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// period is a length of time: months, or milliseconds if there are none.
type period struct {
	months       int64
	milliseconds int64
}

// units are the names of periods, without the s of the plural.
var units = map[string]period{
	"ms": {0, 1}, "msec": {0, 1}, "millisecond": {0, 1},
	"s": {0, 1000}, "sec": {0, 1000}, "second": {0, 1000},
	"m": {0, 60_000}, "min": {0, 60_000}, "minute": {0, 60_000},
	"h": {0, 3_600_000}, "hr": {0, 3_600_000}, "hour": {0, 3_600_000},
	"d": {0, 86_400_000}, "day": {0, 86_400_000},
	"w": {0, 604_800_000}, "week": {0, 604_800_000},
	"mo": {1, 0}, "mon": {1, 0}, "month": {1, 0},
	"q": {3, 0}, "qtr": {3, 0}, "quarter": {3, 0},
	"y": {12, 0}, "yr": {12, 0}, "year": {12, 0},
}

// truncation reads the arguments of bin, datefloor and dateceil.
func (p *parser) truncation(name token) (expression, error) {
	t := &truncation{of: slotField(timestampSlot)}
	if strings.EqualFold(name.text, "bin") {
		if !p.query.events {
			return nil, p.fail(name, "%s needs the time of events, which groups do not have", name.text)
		}
	} else {
		var err error
		if t.of, err = p.expression(); err != nil {
			return nil, err
		}
		if err := p.take(","); err != nil {
			return nil, err
		}
		t.up = strings.EqualFold(name.text, "dateceil")
	}
	var err error
	if t.by, err = p.period(); err != nil {
		return nil, err
	}
	return t, p.take(")")
}

// period reads a number and a unit.
func (p *parser) period() (period, error) {
	digits, err := p.expect(numberToken)
	if err != nil {
		return period{}, err
	}
	word, err := p.expect(nameToken)
	if err != nil {
		return period{}, err
	}
	unit, ok := units[strings.ToLower(word.text)]
	if !ok {
		unit, ok = units[strings.TrimSuffix(strings.ToLower(word.text), "s")]
	}
	n, err := strconv.ParseInt(digits.text, 10, 32)
	if !ok || err != nil || n < 1 {
		return period{}, p.failAt(digits.start, word.end, "%s is no period", p.text[digits.start:word.end])
	}
	return period{unit.months * n, unit.milliseconds * n}, nil
}

// truncation rounds a time down, or up, to a multiple of a period, counted
// from 1970.
type truncation struct {
	of expression
	by period
	up bool
}

func (t *truncation) eval(r *row) value {
	v := t.of.eval(r)
	at, ok := v.number()
	if !ok || math.Abs(at) > 1e15 {
		return value{}
	}
	floor := t.by.floor(at)
	if t.up && floor < at {
		floor = t.by.after(floor)
	}
	return instantOf(floor)
}

func (p period) floor(at float64) float64 {
	if p.months == 0 {
		step := float64(p.milliseconds)
		return math.Floor(at/step) * step
	}
	t := time.UnixMilli(int64(math.Floor(at))).UTC()
	months := int64(t.Year()-1970)*12 + int64(t.Month()) - 1
	floor := months - ((months%p.months)+p.months)%p.months
	return monthStart(floor)
}

// after returns the multiple behind one.
func (p period) after(floor float64) float64 {
	if p.months == 0 {
		return floor + float64(p.milliseconds)
	}
	t := time.UnixMilli(int64(floor)).UTC()
	return monthStart(int64(t.Year()-1970)*12 + int64(t.Month()) - 1 + p.months)
}

// monthStart is when a month begins, counted from January 1970.
func monthStart(months int64) float64 {
	return float64(time.Date(1970, time.January+time.Month(months), 1, 0, 0, 0, 0, time.UTC).UnixMilli())
}
