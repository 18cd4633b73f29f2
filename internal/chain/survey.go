package chain

import (
	"context"
	"database/sql"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

const (
	// kept is how long the rows of finished chains are kept: as long as the
	// manifest keeps a file that may still turn up for them.
	kept = 40 * day
	// patience is how long the bucket of a chain that is over may refuse its
	// last digests before they are given up.
	patience = 30 * day
	// changesAtOnce is how many rows one transaction changes.
	changesAtOnce = 256
)

// A survey compares the chains with the trails: what should be with what is.
// It reads one snapshot of the database and says what has to change.
type survey struct {
	*Signer
	tx      *sql.Tx
	view    *store.Snapshot
	now     int64
	horizon int64

	// chains holds the newest chain of each place, by trail.
	chains map[string]map[place]*chain
	// fresh holds the places in which files were delivered and no chain
	// runs, by trail, with the time of the last delivery.
	fresh map[string]map[place]int64
	// spooled are the places with files that their bucket has refused.
	spooled map[place]bool

	changes []change
	regions map[string]int64 // the regions of the chains opened, and the first window's beginning
	waiting int64            // chains that wait after a refusal
}

// survey brings the rows of the chains up to date and reports whether it has
// changed any. Its changes are committed in parts: a crash in between leaves
// the rest to the next survey.
func (s *Signer) survey(ctx context.Context, now time.Time) (changed bool, err error) {
	if err := s.drain.follow(ctx, s.Store); err != nil {
		return false, err
	}
	var v *survey
	view := s.Store.View()
	err = s.Store.Read(ctx, func(tx *sql.Tx) error {
		v = &survey{
			Signer: s, tx: tx, view: view, now: now.UnixMilli(),
			chains: map[string]map[place]*chain{}, fresh: map[string]map[place]int64{}, spooled: map[place]bool{},
			regions: map[string]int64{},
		}
		return v.look(ctx)
	})
	if err != nil {
		return false, err
	}
	s.waiting.Store(v.waiting)
	for region, since := range v.regions { // a chain that exists has a key
		if _, err := s.keys.at(ctx, region, at(since)); err != nil {
			return false, err
		}
	}
	for changes := v.changes; len(changes) > 0; {
		part := changes[:min(len(changes), changesAtOnce)]
		changes = changes[len(part):]
		if err := s.commit(ctx, part); err != nil {
			return false, err
		}
	}
	return len(v.changes) > 0, nil
}

// look reads everything and decides.
func (v *survey) look(ctx context.Context) (err error) {
	if v.horizon, err = horizon(ctx, v.tx, v.now); err != nil {
		return err
	}
	if err := v.readChains(ctx); err != nil {
		return err
	}
	if err := v.readPlaces(ctx); err != nil {
		return err
	}
	for t := range v.Trails.Trails(v.view) {
		if !t.Run.lasts() && t.Run.Until.UnixMilli() < v.now-kept && v.chains[t.ID] == nil {
			continue
		}
		if err := v.trail(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (v *survey) change(c change) { v.changes = append(v.changes, c) }

// readChains reads all rows, drops those that are kept no longer, and gives
// up those whose last digests were refused for too long.
func (v *survey) readChains(ctx context.Context) error {
	rows, err := v.tx.QueryContext(ctx, `SELECT `+chainColumns+` FROM chain ORDER BY trail, account, region, since`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		c := new(chain)
		if err := rows.Scan(c.fields()...); err != nil {
			return err
		}
		if c.wait > 0 {
			v.waiting++
		}
		switch {
		case c.finished() && c.start < v.now-kept:
			v.change(c.drop())
			continue
		case c.wait > 0 && c.last != 0 && c.last < v.now-patience:
			v.Log.Error("the last digests of a chain are given up", "trail", c.trail, "account", c.account, "region", c.region, "from", at(c.start), "to", at(c.last))
			v.change(c.drop())
			continue
		}
		if v.chains[c.trail] == nil {
			v.chains[c.trail] = map[place]*chain{}
		}
		v.chains[c.trail][c.place] = c // a later one replaces it
	}
	return rows.Err()
}

// readPlaces reads where files were delivered without a chain, and where they
// wait for their bucket.
func (v *survey) readPlaces(ctx context.Context) error {
	rows, err := v.tx.QueryContext(ctx, `SELECT trail, account, region, delivered FROM delivery_status s WHERE delivered > 0 AND NOT EXISTS
		(SELECT 1 FROM chain c WHERE c.trail = s.trail AND c.account = s.account AND c.region = s.region AND c.due < $1)`, int64(never))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		var delivered int64
		if err := rows.Scan(&p.trail, &p.account, &p.region, &delivered); err != nil {
			return err
		}
		if v.fresh[p.trail] == nil {
			v.fresh[p.trail] = map[place]int64{}
		}
		v.fresh[p.trail][p] = delivered
	}
	if err := rows.Err(); err != nil {
		return err
	}
	spooled, err := v.tx.QueryContext(ctx, `SELECT DISTINCT trail, account, region FROM spool`)
	if err != nil {
		return err
	}
	defer spooled.Close()
	for spooled.Next() {
		var p place
		if err := spooled.Scan(&p.trail, &p.account, &p.region); err != nil {
			return err
		}
		v.spooled[p] = true
	}
	return spooled.Err()
}

// trail looks at every place of a trail that has a chain or may need one.
func (v *survey) trail(ctx context.Context, t *Trail) error {
	for _, c := range v.chains[t.ID] {
		if err := v.place(ctx, t, c.place, c); err != nil {
			return err
		}
	}
	if t.Run.lasts() {
		for account := range v.Trails.Accounts(v.view, t.ID) {
			p := place{t.ID, account, t.Home}
			if v.chains[t.ID][p] != nil {
				continue
			}
			if err := v.place(ctx, t, p, nil); err != nil {
				return err
			}
			delete(v.fresh[t.ID], p)
		}
	}
	for p := range v.fresh[t.ID] {
		if v.chains[t.ID][p] != nil {
			continue
		}
		if err := v.place(ctx, t, p, nil); err != nil {
			return err
		}
	}
	return nil
}

// place decides about one place. c is its newest chain, nil when there was
// none.
func (v *survey) place(ctx context.Context, t *Trail, p place, c *chain) error {
	active := v.Trails.Validates(v.view, t.ID, p.account, p.region)
	switch runs := c != nil && !c.finished(); {
	case runs && active && c.run == t.Run.ID:
		return nil
	case runs && active:
		if !v.supersede(t, c) {
			return nil
		}
		return v.open(ctx, t, p, c)
	case runs:
		return v.finish(ctx, t, c)
	case active:
		return v.open(ctx, t, p, c)
	default:
		return v.late(ctx, t, p, c)
	}
}

// supersede ends a chain that another run has replaced: where the new run
// began, or where validation was switched off before that. It reports false
// when that is too early to say.
func (v *survey) supersede(t *Trail, c *chain) bool {
	if c.last != 0 {
		return true
	}
	began := t.Run.From.UnixMilli()
	if v.horizon < began {
		return false
	}
	end := floor(began)
	if off := t.off(c.run, c.since); off != 0 {
		end = min(end, ceil(off))
	}
	v.change(c.close(max(end, c.end())))
	return true
}

// open begins a chain where none runs. In the trail's home region it begins
// with the run, so that a trail without any traffic has digests; in other
// regions with the first file.
func (v *survey) open(ctx context.Context, t *Trail, p place, old *chain) error {
	since := floor(t.Run.From.UnixMilli())
	home := p.region == t.Home
	// The account may have joined, or the server may have been down, since a
	// run began that is not new.
	if !home || since < v.now-day {
		if !home && v.quiet(t, p, old) {
			return nil
		}
		f, some, err := t.undigested(ctx, v.tx, p)
		switch {
		case err != nil:
			return err
		case some:
			since = floor(f.oldest)
		case home:
			since = floor(v.now)
		default:
			return nil
		}
	}
	v.begin(t, p, since, 0, old)
	return nil
}

// begin writes the row of a new chain. Its windows come after those of the
// old one, and none reaches back before the run, when validation may have been
// off: a file of that time stands in the first window too.
func (v *survey) begin(t *Trail, p place, since, last int64, old *chain) {
	since = max(since, floor(t.Run.From.UnixMilli()))
	if old != nil {
		since = max(since, old.end(), old.since+second)
	}
	c := &chain{place: p, since: since, run: t.Run.ID, start: since, due: since + v.Interval.Milliseconds()}
	if last != 0 {
		c.last, c.due = max(last, since+second), 0
	}
	v.change(c.open(t.Run.Organization))
	if first, ok := v.regions[p.region]; !ok || since < first {
		v.regions[p.region] = since
	}
}

// finish gives an end to a chain of a trail, or of an account or a region,
// that is not validated any more.
func (v *survey) finish(ctx context.Context, t *Trail, c *chain) error {
	if c.last != 0 {
		return nil
	}
	end, known, err := v.ending(ctx, t, c.place, c.run, c.since)
	if err == nil && known {
		v.change(c.close(max(end, c.end())))
	}
	return err
}

// ending returns where the last window of a chain ends whose place is not
// validated any more: where validation was switched off; otherwise when all
// that was still to be delivered is, and false before.
func (v *survey) ending(ctx context.Context, t *Trail, p place, run string, since int64) (end int64, known bool, err error) {
	if off := t.off(run, since); off != 0 {
		return ceil(off), v.horizon >= off, nil
	}
	if !v.drained(t, p) {
		return 0, false, nil
	}
	end = v.now
	if !t.Run.lasts() {
		end = t.Run.Until.UnixMilli()
	}
	f, some, err := t.undigested(ctx, v.tx, p)
	if some {
		end = max(end, f.newest+1)
	}
	return ceil(end), true, err
}

// off returns when validation was switched off under a chain of a run that
// begins at since, 0 when it was not. Of a run before the newest one only the
// second is known in which it began.
func (t *Trail) off(run string, since int64) (off int64) {
	for _, p := range t.Validated {
		switch {
		case run == t.Run.ID && p.From.After(t.Run.From):
			return off
		case run == t.Run.ID:
			off = unixMilli(p.Until)
		case unixMilli(p.Until) >= since+second:
			return p.Until.UnixMilli()
		}
	}
	return off
}

// validates reports whether validation is on.
func (t *Trail) validates() bool {
	n := len(t.Validated)
	return n > 0 && t.Validated[n-1].lasts()
}

// drained reports whether everything that a place was to get out of the
// journal, and out of the spool, is delivered.
func (v *survey) drained(t *Trail, p place) bool {
	if v.drain.passed == nil || v.spooled[p] {
		return false
	}
	then, ok := v.Trails.Trail(v.drain.passed, t.ID)
	return ok && then.Run.ID == t.Run.ID && then.Run.Until.Equal(t.Run.Until) &&
		!v.Trails.Validates(v.drain.passed, t.ID, p.account, p.region)
}

// late sees to files that turn up where no chain runs and none will: the last
// chain gets one more digest, unless that would reach too far, and then there
// is a chain for them.
func (v *survey) late(ctx context.Context, t *Trail, p place, c *chain) error {
	if v.quiet(t, p, c) {
		return nil
	}
	f, some, err := t.undigested(ctx, v.tx, p)
	if err != nil || !some {
		return err
	}
	if c != nil && c.run == t.Run.ID && f.newest < c.start+v.Interval.Milliseconds() {
		v.change(c.close(max(ceil(f.newest+1), c.start+second)))
		return nil
	}
	since := max(floor(f.oldest), floor(t.Run.From.UnixMilli()))
	end, known, err := v.ending(ctx, t, p, t.Run.ID, since)
	if err != nil {
		return err
	}
	if !known {
		end = 0
	}
	v.begin(t, p, since, end, c)
	return nil
}

// quiet reports whether no file can have turned up in a place without a chain
// that runs. It spares a look into the manifest: files of long ago do not turn
// up any more, and new ones show in the time of the last delivery.
func (v *survey) quiet(t *Trail, p place, c *chain) bool {
	last := v.fresh[t.ID][p]
	if c == nil {
		return len(t.Validated) == 0 || last < t.Validated[0].From.UnixMilli()
	}
	return c.start < v.now-day && (last < c.start || !t.validates())
}
