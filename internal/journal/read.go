package journal

import (
	"encoding/binary"
	"time"
)

// A reader takes a chunk's content apart. After a malformed part everything
// it returns is zero and bad is set.
type reader struct {
	left  []byte
	refs  []string
	parts int // entries and routes that may still come
	bad   bool
}

// The least that an entry and a route take, which bounds how many of them
// the bytes that are left can hold.
const (
	minEntry = 7
	minRoute = 2
)

func (r *reader) entries() []Entry {
	entries := make([]Entry, r.count(minEntry))
	var seconds int64
	for i := range entries {
		x := &entries[i]
		x.Account = r.ref()
		x.Region = r.ref()
		seconds += r.varint()
		x.Time = r.time(seconds)
		x.EventID = string(r.bytes())
		if n := r.count(minRoute); n > 0 {
			x.Routes = make([]Route, n)
		}
		for j := range x.Routes {
			x.Routes[j] = Route{Trail: r.ref(), Organization: r.ref()}
		}
		x.Record = r.bytes()
		if r.bad {
			return nil
		}
	}
	return entries
}

func (r *reader) time(seconds int64) time.Time {
	nanos := r.uvarint()
	if nanos >= 1e9 {
		r.fail()
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanos)).UTC()
}

// count reads how many things of at least min bytes follow.
func (r *reader) count(min int) int {
	n := r.uvarint()
	if n > uint64(len(r.left)/min) || n > uint64(r.parts) {
		r.fail()
		return 0
	}
	r.parts -= int(n)
	return int(n)
}

func (r *reader) ref() string {
	n := r.uvarint()
	if n == 0 {
		s := string(r.bytes())
		r.refs = append(r.refs, s)
		return s
	}
	if n > uint64(len(r.refs)) {
		r.fail()
		return ""
	}
	return r.refs[n-1]
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.left)) {
		r.fail()
		return nil
	}
	b := r.left[:n:n]
	r.left = r.left[n:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

// fail drops what is left so that nothing more is taken from it.
func (r *reader) fail() { r.bad, r.left = true, nil }
