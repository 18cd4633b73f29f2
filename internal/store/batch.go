package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/orgtrail/orgtrail/internal/journal"
)

// A batch is what one SQL transaction makes durable: some requests, and what
// the newest run of them has made. It may run several times.
type batch struct {
	store    *Store
	requests []*request
	seq      int64 // of its chunk

	entries []journal.Entry
	packed  journal.Packed
	// image is the control plane after the batch, nil when no request
	// changes it.
	image *image
}

// errNothing ends the transaction of a batch in which every request failed.
var errNothing = errors.New("store: nothing to commit")

// run does the whole batch in tx. What a single request does wrong becomes
// that request's error and leaves the others alone; an error of run itself is
// the error of all.
func (b *batch) run(ctx context.Context, tx *sql.Tx) error {
	b.image, b.entries = nil, slices.Grow(b.entries[:0], len(b.requests))
	for _, r := range b.requests {
		r.err, r.made = nil, nil
	}
	if err := b.change(ctx, tx); err != nil {
		return err
	}
	if err := b.intents(ctx, tx); err != nil {
		return err
	}
	return b.journal(ctx, tx)
}

// change runs the updates of the batch, one after another, each on a copy of
// what the ones before it left. A batch without updates does not touch the
// head row, and so never waits for other replicas.
func (b *batch) change(ctx context.Context, tx *sql.Tx) error {
	if !b.changes() {
		return nil
	}
	rev, img, err := b.store.lockHead(ctx, tx)
	if err != nil {
		return err
	}
	writes, heap := map[recordKey][]byte{}, map[string][]byte{}
	var execs []statement
	size := 0
	for i, r := range b.requests {
		size += r.size
		if r.change != nil {
			done, err := apply(r.change, img, rev)
			if err == nil && done.fence != nil {
				err = b.store.fence(ctx, tx, *done.fence)
			}
			if err != nil {
				r.err = err
				continue
			}
			img, r.made = done.img, done.entries
			execs = append(execs, done.execs...)
			size += entrySize(r.made)
			for i := range done.execs {
				size += done.execs[i].size()
			}
			maps.Copy(writes, done.writes)
			for k, v := range done.heap {
				heap[k] = v
				size += len(v)
			}
		}
		if size > batchBytes {
			b.store.queue.putBack(b.requests[i+1:])
			b.requests = b.requests[:i+1]
			break
		}
	}
	b.image = img.edit().freeze()
	b.image.rev = rev
	if err := b.store.writeRecords(ctx, tx, rev, writes); err != nil {
		return err
	}
	if err := b.store.writeHeap(ctx, tx, heap); err != nil {
		return err
	}
	for i := range execs {
		if _, err := b.store.db.exec(ctx, tx, execs[i].text, execs[i].args...); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) changes() bool {
	for _, r := range b.requests {
		if r.change != nil {
			return true
		}
	}
	return false
}

// apply runs one update on a copy of img. Whatever it does wrong, a panic
// too, leaves img as it is.
func apply(fn func(*Tx) error, img *image, rev int64) (_ *Tx, err error) {
	tx := &Tx{img: img.edit(), rev: rev}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: an update panicked: %v\n%s", p, debug.Stack())
		}
	}()
	if err = fn(tx); tx.ahead != nil {
		return nil, tx.ahead
	}
	if err == nil {
		err = tx.err
	}
	if err != nil {
		return nil, err
	}
	if entrySize(tx.entries) > requestBytes {
		return nil, journal.ErrTooLarge
	}
	done := *tx
	done.img.freeze()
	tx.img = nil // whoever has kept the Tx finds it of no use
	return &done, nil
}

// lockHead takes the revision that this transaction will be, and with it the
// exclusive right to change the control plane until the transaction ends. It
// returns the control plane as it is now.
func (s *Store) lockHead(ctx context.Context, tx *sql.Tx) (rev int64, img *image, err error) {
	rows, err := s.db.query(ctx, tx, takeRevision)
	if err != nil {
		return 0, nil, err
	}
	if rev, err = oneNumber(rows); err != nil {
		return 0, nil, fmt.Errorf("store: taking a revision: %w", err)
	}
	img = s.View().img
	if img.rev != rev-1 { // another replica was here
		img, err = s.catchUp(ctx, tx, img)
	}
	return rev, img, err
}

// writeRecords stores the changed records of a batch under its revision.
func (s *Store) writeRecords(ctx context.Context, tx *sql.Tx, rev int64, writes map[recordKey][]byte) error {
	args := make([]any, 0, 4*len(writes))
	for k, v := range writes {
		var val any // NULL when the record was deleted
		if v != nil {
			val = v
		}
		args = append(args, k.kind, k.key, rev, val)
	}
	return putRecords.each(args, func(text string, args []any) error {
		_, err := s.db.exec(ctx, tx, text, args...)
		return err
	})
}

// writeHeap stores and removes the values of a batch that are kept out of
// memory.
func (s *Store) writeHeap(ctx context.Context, tx *sql.Tx, heap map[string][]byte) error {
	var puts, deletes []any
	for k, v := range heap {
		if v == nil {
			deletes = append(deletes, k)
		} else {
			puts = append(puts, k, v)
		}
	}
	run := func(text string, args []any) error {
		_, err := s.db.exec(ctx, tx, text, args...)
		return err
	}
	if err := putHeap.each(puts, run); err != nil {
		return err
	}
	return deleteHeap.each(deletes, run)
}

// intents opens and closes the intents of the batch. A request whose intent
// is open already, or no longer, fails alone.
func (b *batch) intents(ctx context.Context, tx *sql.Tx) error {
	var opens, closes []any
	for _, r := range b.requests {
		if r.opens != nil {
			opens = append(opens, r.opens.ID, r.opens.Writer, append([]byte{}, r.opens.Payload...))
		}
		if r.closes != "" {
			closes = append(closes, r.closes)
		}
	}
	opened, err := b.ids(ctx, tx, opens, &putIntents)
	if err != nil {
		return err
	}
	closed, err := b.ids(ctx, tx, closes, &deleteIntents)
	if err != nil {
		return err
	}
	for _, r := range b.requests {
		if r.opens != nil && !claim(opened, r.opens.ID) {
			r.err = ErrIntentOpen
		}
		if r.closes != "" && !claim(closed, r.closes) {
			r.err = ErrIntentClosed
		}
	}
	return nil
}

// ids runs a statement over args and returns the ids that it affected.
func (b *batch) ids(ctx context.Context, tx *sql.Tx, args []any, l *list) (map[string]bool, error) {
	if len(args) == 0 {
		return nil, nil
	}
	ids := map[string]bool{}
	err := l.each(args, func(text string, args []any) error {
		rows, err := b.store.db.query(ctx, tx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids[id] = true
		}
		return rows.Err()
	})
	return ids, err
}

// claim gives each id to the first request that asks.
func claim(ids map[string]bool, id string) bool {
	ok := ids[id]
	delete(ids, id)
	return ok
}

// journal packs the entries of all requests that did not fail into one chunk
// and stores it. Every batch stores a chunk, an empty one if need be: its row
// is how the store finds out whether a COMMIT without an answer has happened.
func (b *batch) journal(ctx context.Context, tx *sql.Tx) error {
	good := 0
	for _, r := range b.requests {
		if r.err == nil {
			good++
			b.entries = append(append(b.entries, r.entries...), r.made...)
		}
	}
	if good == 0 {
		return errNothing
	}
	var err error
	if b.packed, err = b.store.encoder.Encode(b.entries); err != nil {
		return err
	}
	var first, last int64
	if b.packed.N > 0 {
		first, last = b.packed.First.UnixMilli(), b.packed.Last.UnixMilli()
	}
	done, err := b.store.db.exec(ctx, tx, putChunk,
		b.store.writer, b.seq, first, last, b.packed.N, b.packed.Hash[:], b.packed.Data)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errTaken, err)
	}
	return nil
}
