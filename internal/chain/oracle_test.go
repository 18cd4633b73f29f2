package chain

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/digest"
)

// signed is a digest out of a bucket.
type signed struct {
	key digest.Key
	*digest.File
}

// signed returns all digests, ordered by folder, region and end.
func (r *rig) signed() []signed {
	r.t.Helper()
	var all []signed
	for bucket, objects := range r.buckets.objects {
		for key, o := range objects {
			k, err := digest.ParseKey(key)
			if err != nil {
				if _, err := digest.ParseLogKey(key); err != nil {
					r.t.Errorf("%s is neither a digest nor a log file", key)
				}
				continue
			}
			f, err := digest.Read(bytes.NewReader(o.body), o.metadata, 1<<20)
			if err != nil {
				r.t.Fatalf("%s: %v", key, err)
			}
			if f.Bucket != bucket || f.Object != key || f.Account != k.Account || !f.End.Time().Equal(k.End) {
				r.t.Errorf("%s/%s says that it is %s/%s of %s", bucket, key, f.Bucket, f.Object, f.Account)
			}
			all = append(all, signed{k, f})
		}
	}
	slices.SortFunc(all, func(a, b signed) int {
		return cmp.Or(strings.Compare(a.key.Account, b.key.Account), strings.Compare(a.key.Region, b.key.Region), a.key.End.Compare(b.key.End))
	})
	return all
}

// windows writes the digests of a place in few words: start-end, the number
// of files, and a * before the first of a chain. Times are minutes since noon,
// with seconds where there are any.
func (r *rig) windows(account, region string) []string {
	r.t.Helper()
	minutes := func(t digest.Time) string {
		d := t.Time().Sub(noon)
		if d%time.Minute == 0 {
			return fmt.Sprint(int(d.Minutes()))
		}
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	}
	out := []string{}
	for _, s := range r.signed() {
		if s.key.Account != account || s.key.Region != region {
			continue
		}
		first := ""
		if s.Previous == (digest.Link{}) {
			first = "*"
		}
		out = append(out, fmt.Sprintf("%s%s-%s %d", first, minutes(s.Start), minutes(s.End), len(s.LogFiles)))
	}
	return out
}

func (r *rig) wantWindows(account, region string, want ...string) {
	r.t.Helper()
	if got := r.windows(account, region); !slices.Equal(got, want) {
		r.t.Errorf("digests of %s in %s:\n got %q\nwant %q", account, region, got, want)
	}
}

// row is a row of the manifest.
type row struct {
	trail, bucket, object, hash string
	delivered, digested         int64
}

// spooled reports whether the file was delivered long after the time in its
// name, to which the verifier goes: perhaps when validation was off.
func (w row) spooled() bool {
	k, err := digest.ParseLogKey(w.object)
	return err == nil && w.delivered > k.Time.Add(time.Minute).UnixMilli()
}

func (r *rig) manifest() map[string]row {
	r.t.Helper()
	rows := map[string]row{}
	err := r.store.Read(context.Background(), func(tx *sql.Tx) error {
		all, err := tx.Query(`SELECT trail, bucket, object, sha256, delivered, digested FROM manifest`)
		if err != nil {
			return err
		}
		defer all.Close()
		for all.Next() {
			var w row
			if err := all.Scan(&w.trail, &w.bucket, &w.object, &w.hash, &w.delivered, &w.digested); err != nil {
				return err
			}
			rows[w.bucket+"/"+w.object] = w
		}
		return all.Err()
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return rows
}

// check is the oracle: whatever has happened, each file that was delivered
// while validation was on stands in exactly one digest and no other does, the
// digests of a chain abut and say what the one before was, none was ever
// replaced, and the verifier finds nothing wrong. Notices are what findings it
// may have. It returns them.
func (r *rig) check() []digest.Kind {
	r.t.Helper()
	for _, key := range r.buckets.changed {
		r.t.Errorf("%s was replaced", key)
	}
	r.checkFiles()
	r.checkLinks()
	return r.verify()
}

func (r *rig) checkFiles() {
	r.t.Helper()
	rows := r.manifest()
	listed := map[string]int{}
	for _, s := range r.signed() {
		for _, f := range s.LogFiles {
			at := f.Bucket + "/" + f.Object
			listed[at]++
			w, ok := rows[at]
			switch {
			case !ok:
				r.t.Errorf("%s lists %s, which was not delivered", s.Object, at)
			case w.hash != f.Hash:
				r.t.Errorf("%s lists %s with another hash", s.Object, at)
			case w.digested != s.key.End.UnixMilli():
				r.t.Errorf("%s stands in the digest of %s, the manifest says %s", at, s.End, time.UnixMilli(w.digested).UTC())
			case w.delivered >= s.key.End.UnixMilli():
				r.t.Errorf("%s was delivered after the window of %s", at, s.Object)
			}
		}
	}
	for at, w := range rows {
		t, ok := trails.Get(r.store.View(), w.trail)
		if !ok {
			continue
		}
		want, edge := 0, false
		for _, p := range t.Validated {
			if w.delivered >= p.From.UnixMilli() && (p.Until.IsZero() || w.delivered < p.Until.UnixMilli()) {
				want = 1
			}
			edge = edge || w.delivered == p.Until.UnixMilli() // perhaps it was listed before
		}
		if listed[at] != want && !(edge && listed[at] == 1) {
			r.t.Errorf("%s, delivered %s, stands in %d digests, want %d", at, time.UnixMilli(w.delivered).UTC(), listed[at], want)
		}
	}
}

func (r *rig) checkLinks() {
	r.t.Helper()
	all := map[string]signed{}
	for _, s := range r.signed() {
		all[s.Bucket+"/"+s.Object] = s
	}
	for at, s := range all {
		if !s.Start.Time().Before(s.End.Time()) {
			r.t.Errorf("%s is about %s to %s", at, s.Start, s.End)
		}
		if s.Previous == (digest.Link{}) {
			continue
		}
		p, ok := all[s.Previous.Bucket+"/"+s.Previous.Object]
		switch {
		case !ok:
			r.t.Errorf("%s links to %s, which is not there", at, s.Previous.Object)
		case p.Link() != s.Previous || p.End != s.Start || p.key.Region != s.key.Region || p.key.Account != s.key.Account:
			r.t.Errorf("%s does not fit to the one before", at)
		}
	}
}

// verify runs the verifier over every trail and returns what it notices.
func (r *rig) verify() []digest.Kind {
	r.t.Helper()
	var notices []digest.Kind
	rows := r.manifest()
	for _, t := range trails.Scan(r.store.View(), "") {
		v := digest.Verifier{Buckets: r.buckets, Keys: keysOf{r}, Report: func(f digest.Finding) {
			// A digest that lies where the trail's bucket was for a while may
			// be out of the verifier's sight.
			if w := rows[f.Bucket+"/"+f.Object]; f.Kind == digest.LogUncovered && (w.digested != 0 || w.spooled()) {
				return
			}
			if f.Kind.Severity() == digest.Invalid {
				r.t.Errorf("%s: %s %s %s..%s: %s", f.Kind, f.Bucket, f.Object, f.From, f.To, f.Detail)
			}
			notices = append(notices, f.Kind)
		}}
		_, err := v.Verify(context.Background(), digest.Request{
			Trail: t.Name, HomeRegion: t.Home, Account: t.Owner, Bucket: t.Bucket, Prefix: t.Prefix,
			Start: noon.Add(-time.Hour), End: r.clock.Now(),
		})
		if err != nil {
			r.t.Error(err)
		}
	}
	slices.Sort(notices)
	return slices.Compact(notices)
}

func (r *rig) wantNotices(want ...digest.Kind) {
	r.t.Helper()
	if got := r.check(); !slices.Equal(got, want) {
		r.t.Errorf("the verifier notices %v, want %v", got, want)
	}
}
