package digest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// reach follows the links to digests that end at the given time or later and
// are not listed, up to the given one: most are missing.
func (w *walk) reach(ctx context.Context, end time.Time, upTo Link) {
	for w.linked && !w.next.Start.Time().Before(w.q.Start) && ctx.Err() == nil {
		link := w.next.Previous
		k, ok := previous(w.next)
		if !ok || k.End.Before(end) || w.names(upTo.Bucket, upTo.Object) {
			return
		}
		result := make(chan verdict, 1)
		if !w.files.do(ctx, func() { result <- w.check(ctx, link.Bucket, link.Object) }) {
			return
		}
		w.judge(ctx, w.placeOf(link.Bucket, k), link.Bucket, link.Object, <-result)
	}
}

// names reports whether the digest that was passed last links to the object.
func (w *walk) names(bucket, key string) bool {
	return w.linked && w.next.Previous.Bucket == bucket && w.next.Previous.Object == key
}

// judge puts a digest to its place in the chain and has its log files
// checked.
func (w *walk) judge(ctx context.Context, at int, bucket, key string, v verdict) {
	linked := w.names(bucket, key)
	if linked {
		v = w.quoted(ctx, bucket, key, v)
	}
	past := w.linked && !linked && w.next.Previous != (Link{}) // linked past
	switch {
	case v.finding != nil:
		w.tally(w.home, digests, bucket, key, v.finding)
		if !past {
			w.linked = false
			w.broken++
		}
		return
	case past:
		w.accept(ctx, at, v.file, object(NotLinked, bucket, key, "the digest that ends at "+string(w.next.End)+" links past it"))
		return
	case linked:
		w.accept(ctx, at, v.file, append(w.compare(v.file), w.leads(v.file)...)...)
	default:
		w.join(v.file)
		w.accept(ctx, at, v.file, w.leads(v.file)...)
	}
	w.next = &Digest{Start: v.file.Start, End: v.file.End, Bucket: bucket, Object: key, Previous: v.file.Previous}
	w.linked, w.broken = true, 0
	if w.next.Previous == (Link{}) {
		return
	}
	if k, ok := previous(w.next); ok {
		w.cross(ctx, place{w.next.Previous.Bucket, k.Folder, k.Region}, k.End)
	} else {
		w.linked, w.broken = false, 1
	}
}

// quoted uses what the next digest quotes of this one: its signature, when
// the copy has lost it, and its hash, to tell what was changed.
func (w *walk) quoted(ctx context.Context, bucket, key string, v verdict) verdict {
	if v.finding == nil || v.file == nil {
		return v
	}
	f, link := v.file, w.next.Previous
	if v.finding.Kind == SignatureMissing && w.SignatureFromNext && link.Signature != "" {
		f.Signature = link.Signature
		v.finding = w.doubt(ctx, bucket, key, f)
	}
	if v.finding != nil && (v.finding.Kind == SignatureMissing || v.finding.Kind == SignatureFailed) {
		if strings.EqualFold(link.Hash, f.Hash()) {
			v.finding.Cause = "only the object's metadata was changed or lost: the content is the one that the next digest vouches for"
		} else {
			v.finding.Cause = "its content was changed after delivery: the next digest vouches for another"
		}
	}
	return v
}

// accept counts a digest that is valid by itself and has its log files
// checked.
func (w *walk) accept(ctx context.Context, at int, f *File, findings ...*Finding) {
	w.tally(w.home, digests, f.Bucket, f.Object, findings...)
	start, end := f.Start.Time(), f.End.Time()
	w.mu.Lock()
	w.sum.cover(latest(start, w.q.Start), earliest(end, w.q.End))
	w.mu.Unlock()
	w.cover.cover(at, start, end)
	w.logs(ctx, f)
}

// compare compares a digest with what its successor, which links to it, says
// of it.
func (w *walk) compare(f *File) (findings []*Finding) {
	link, hash := w.next.Previous, f.Hash()
	if !strings.EqualFold(link.Hash, hash) {
		findings = append(findings, object(PreviousHash, f.Bucket, f.Object, fmt.Sprintf(
			"its content has the SHA-256 %s; its successor %s says %s", hash, w.next.Object, link.Hash)))
	}
	if !strings.EqualFold(link.Signature, f.Signature) {
		findings = append(findings, object(PreviousSign, f.Bucket, f.Object,
			"its signature is not the one that its successor "+w.next.Object+" quotes"))
	}
	if end, start := f.End.Time(), w.next.Start.Time(); !end.Equal(start) {
		findings = append(findings, object(WindowsApart, f.Bucket, f.Object, fmt.Sprintf(
			"it ends at %s; its successor %s starts at %s", f.End, w.next.Object, w.next.Start)))
	}
	return findings
}

// leads reports a link that does not lead to an older digest.
func (w *walk) leads(f *File) []*Finding {
	if _, ok := previous(&f.Digest); ok || f.Previous == (Link{}) {
		return nil
	}
	return []*Finding{object(DigestFormat, f.Bucket, f.Object,
		"its previous digest is said to be s3://"+f.Previous.Bucket+"/"+f.Previous.Object+", which is no older digest")}
}

// previous is the key of the older digest that a digest links to.
func previous(d *Digest) (Key, bool) {
	k, err := ParseKey(d.Previous.Object)
	return k, err == nil && d.Previous.Bucket != "" && k.End.Before(d.End.Time())
}

// join deals with what lies between a digest and a valid one behind it that
// does not link to it.
func (w *walk) join(f *File) {
	bucket := w.home.bucket
	end := f.End.Time()
	if w.next == nil {
		if w.broken == 0 { // the trail's newest digest
			w.cover.leave(end, w.q.End.Add(-spill))
		}
		return
	}
	start := w.next.Start.Time()
	if w.next.Previous == (Link{}) {
		if w.broken == 0 {
			w.cover.leave(end, start)
			w.tell(w.home, nil, period(Gap, bucket, end, start, fmt.Sprintf(
				"one chain of digests ends at %s and the next starts at %s", f.End, w.next.Start)))
		}
		return
	}
	window := max(w.next.window(), f.window())
	if window <= 0 {
		return
	}
	if lost := int(math.Round(float64(start.Sub(end))/float64(window))) - w.broken; lost > 0 {
		w.tell(w.home, nil, period(DigestsMissing, bucket, end, start, fmt.Sprintf(
			"about %s of this time without a trace, besides the %d reported", plural(lost, "further digest")+isAre(lost)+" gone", w.broken)))
	}
}

func isAre(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

// window is how long the digest's window is.
func (d *Digest) window() time.Duration { return d.End.Time().Sub(d.Start.Time()) }

// cross lists the digests of a place that a link leads to for the first time:
// the trail's bucket or prefix was another one before.
func (w *walk) cross(ctx context.Context, p place, end time.Time) {
	if p.region != w.home.region || slices.Contains(w.places, p) {
		return
	}
	w.places = append(w.places, p)
	w.list(ctx, len(w.places)-1, end)
}

// placeOf is the index of the place of a key.
func (w *walk) placeOf(bucket string, k Key) int {
	return max(0, slices.Index(w.places, place{bucket, k.Folder, k.Region}))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
