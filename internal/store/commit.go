package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
)

// Update changes the control plane: it runs fn on the newest revision, and
// what fn has put, deleted and appended becomes durable together.
//
// A nil error means that it is durable and that View shows it. The error of
// fn itself, or of a write in it, means that nothing has changed. ErrUnknown
// means that the database was lost during the commit and the truth could not
// be read in time: it may have happened or not. After every other error
// nothing has changed.
//
// fn may run more than once, each time on a fresh copy, so it must not keep
// anything of an earlier run; only the last run counts. It runs while others
// wait: it does no I/O, has made beforehand what takes long (Tx.Ahead), and
// must not call the methods of the store that commit, which would wait for
// themselves. ctx ends the wait for a place in a transaction; once the request
// has one, the outcome is waited for.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	for {
		err := s.queue.submit(ctx, &request{change: fn})
		lacked := wanted(err)
		if lacked == nil {
			return err
		}
		if err := lacked.make(); err != nil {
			return err
		}
	}
}

// Append journals entries. Entries of one call stand next to each other in
// one chunk. They must not be modified afterwards.
//
// A nil error means that all of them are durable, ErrUnknown that they may
// be, every other error that none of them is in the journal or will be. ctx
// counts as in Update.
func (s *Store) Append(ctx context.Context, e ...journal.Entry) error {
	if len(e) == 0 {
		return nil
	}
	return s.append(ctx, &request{entries: e})
}

func (s *Store) append(ctx context.Context, r *request) error {
	r.size = entrySize(r.entries)
	if r.size > requestBytes {
		return journal.ErrTooLarge
	}
	return s.queue.submit(ctx, r)
}

// errTaken: another process writes under this process's number, as after a
// failover that lost the counter. Going on would mix two journals.
var errTaken = errors.New("store: another process has the number of this writer; restart")

var errGoexit = errors.New("store: an update ended the committer's goroutine")

// commitLoop makes requests durable until the queue is closed and empty. It
// is the only goroutine that commits them, so chunks have no gaps, and while
// it waits for the disk the requests of the next batch gather.
func (s *Store) commitLoop() {
	var b *batch
	defer func() {
		if b == nil {
			close(s.drained)
			return
		}
		b.fail(errGoexit) // runtime.Goexit, or a panic of ours on its way
		go s.commitLoop()
	}()
	for {
		requests := s.queue.take()
		if requests == nil {
			return
		}
		b = &batch{store: s, requests: requests, seq: s.seq + 1}
		s.commit(b)
		b = nil
	}
}

// commit makes a batch durable and tells its callers what became of it. What
// a crash leaves at each step:
//
//   - before COMMIT is sent: nothing of the batch;
//   - after it was sent: all of the batch or nothing, and nobody was told;
//   - after it was answered: all of the batch.
//
// A lost connection is waited for, because a failover takes a second and the
// callers are better off waiting than failing.
func (s *Store) commit(b *batch) {
	if err := s.broken(); err != nil {
		b.fail(err)
		return
	}
	ctx := context.Background()
	until := time.Now().Add(s.patience)
	for {
		err := s.db.transact(ctx, func(tx *sql.Tx) error { return b.run(ctx, tx) })
		switch {
		case err == nil:
			s.landed(b)
			return
		case errors.Is(err, errNothing):
			b.answer()
			return
		case errors.Is(err, ErrUnknown):
			s.metrics.unknown.Add(1)
			if s.settle(ctx, b, err, until) {
				return
			}
		case isLost(err) && s.mayWait(until):
			s.metrics.retries.Add(1)
			pause(s.closing, 50*time.Millisecond)
		case len(b.requests) > 1 && !isLost(err) && !errors.Is(err, errTaken):
			s.apart(b)
			return
		default:
			if errors.Is(err, errTaken) {
				s.fatal.CompareAndSwap(nil, &err)
			}
			b.fail(fmt.Errorf("store: the commit failed: %w", err))
			return
		}
	}
}

// apart lets each request of a failed batch try alone, so that one that the
// database refuses does not fail the others.
func (s *Store) apart(b *batch) {
	for _, r := range b.requests {
		r.alone = true
	}
	s.queue.putBack(b.requests)
	b.requests = nil
}

// landed publishes a batch that is durable, wakes the followers, and answers
// the callers, in that order: who has been woken or answered finds the change
// in View.
func (s *Store) landed(b *batch) {
	s.seq = b.seq
	if b.image != nil {
		s.publish(b.image)
	}
	s.metrics.landed(b)
	s.notify()
	b.answer()
}

// settle finds out what became of a batch whose COMMIT was not answered, and
// until it knows nothing else is committed. It reports false when the batch
// has certainly not happened and is to be run again. When the truth cannot be
// read in time the callers get ErrUnknown, and settle goes on: a batch that
// then proves to have happened is published, any other is forgotten.
func (s *Store) settle(ctx context.Context, b *batch, cause error, until time.Time) (settled bool) {
	s.unsettled.Store(true)
	defer s.unsettled.Store(false)
	s.log.Warn("the outcome of a commit is unknown; reading the truth", "writer", s.writer, "seq", b.seq, "err", cause)
	told := false
	for {
		there, err := s.probe(ctx, b)
		switch {
		case err == nil && there:
			s.log.Info("the commit has happened", "writer", s.writer, "seq", b.seq)
			s.landed(b)
			return true
		case err == nil:
			s.log.Info("the commit has not happened", "writer", s.writer, "seq", b.seq)
			return told
		case errors.Is(err, errTaken):
			s.fatal.CompareAndSwap(nil, &err)
			b.fail(err)
			return true
		}
		if !told && !s.mayWait(until) {
			told = true
			s.log.Error("callers were told that the outcome of their commit is unknown", "callers", len(b.requests), "err", cause)
			b.fail(cause)
		}
		if s.closing.Err() != nil {
			return true
		}
		pause(s.closing, 100*time.Millisecond)
	}
}

// errAbsent rolls a probe back.
var errAbsent = errors.New("store: the chunk is absent")

// probe reports whether the chunk of the batch is in the database. It tries
// to insert the chunk: where a transaction with it is still under way, the
// insert waits for its end; where the chunk is there, it is written once
// more, so that COMMIT waits until the standbys have it; and where it is not,
// the insert is rolled back, and no transaction is left that could bring it.
func (s *Store) probe(ctx context.Context, b *batch) (there bool, err error) {
	err = s.db.transact(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, putChunk+` RETURNING n`, s.writer, b.seq, 0, 0, -1, b.packed.Hash[:], []byte{})
		if err != nil {
			return err
		}
		n, err := oneNumber(rows)
		if errors.Is(err, sql.ErrNoRows) {
			return errTaken
		}
		if err == nil && n < 0 {
			return errAbsent
		}
		return err
	})
	if errors.Is(err, errAbsent) {
		return false, nil
	}
	return err == nil, err
}

// mayWait reports whether callers are to be kept waiting for the database.
func (s *Store) mayWait(until time.Time) bool {
	return s.closing.Err() == nil && time.Now().Before(until)
}

// answer tells each caller its own outcome.
func (b *batch) answer() {
	for _, r := range b.requests {
		r.answer(r.err)
	}
	b.requests = nil
}

// fail tells every caller that has no error of its own that the batch failed.
func (b *batch) fail(err error) {
	for _, r := range b.requests {
		if r.err == nil {
			r.err = err
		}
	}
	b.answer()
}

// oneNumber reads the number in the first row and closes the rows.
func oneNumber(rows *sql.Rows) (n int64, err error) {
	defer rows.Close()
	if !rows.Next() {
		return 0, errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(&n); err != nil {
		return 0, err
	}
	return n, rows.Close()
}
