package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
)

// Options say where the state is and how it is followed. Only URL or Dir must
// be given.
type Options struct {
	// URL chooses the engine: postgres://… is PostgreSQL, anything else the
	// path of a SQLite file. "" is orgtrail.db in Dir.
	URL string
	// Dir is the directory of the default SQLite file. It must exist.
	Dir string
	// Now is the clock of leases; nil is time.Now.
	Now func() time.Time
	// Poll is how often the changes of other replicas are looked for; 0 is
	// 20 ms. SQLite has no other replicas and never polls.
	Poll time.Duration
	// StaleAfter is for how long a replica that cannot follow goes on saying
	// that it is healthy; 0 is 5 s.
	StaleAfter time.Duration
	// Patience is for how long callers are kept waiting for a database that
	// cannot be reached; 0 is 10 s.
	Patience time.Duration
	// Log is told what an operator should know; nil is slog.Default().
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.URL == "" {
		o.URL = filepath.Join(o.Dir, "orgtrail.db")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll == 0 {
		o.Poll = 20 * time.Millisecond
	}
	if o.StaleAfter == 0 {
		o.StaleAfter = 5 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Errors of the store. Those of the SQL engine come wrapped.
var (
	// ErrUnknown: the connection was lost while a commit was on its way and
	// the truth could not be read in time. The change may be durable or not.
	ErrUnknown = errors.New("store: the outcome of the commit is unknown")
	// ErrClosed: the store was closed before the request was taken.
	ErrClosed = errors.New("store: closed")
	// ErrIntentOpen: an intent of that id is open already.
	ErrIntentOpen = errors.New("store: the intent is open already")
	// ErrIntentClosed: the intent is not open: its record exists already.
	ErrIntentClosed = errors.New("store: the intent is not open")
	// ErrLeaseHeld: someone else holds the lease and it has not expired.
	ErrLeaseHeld = errors.New("store: the lease is held by another")
	// ErrLeaseLost: the lease was taken over; what its holder does no longer
	// counts.
	ErrLeaseLost = errors.New("store: the lease was lost")
)

// Store is the state of orgtrail. Its methods may be called by any number of
// goroutines.
type Store struct {
	db      *database
	release func() error // of the file
	log     *slog.Logger
	now     func() time.Time

	poll, staleAfter, patience time.Duration

	// The control plane as it is published.
	current    atomic.Pointer[Snapshot]
	publishing sync.Mutex

	// The committer's: seq is the last chunk that is durable.
	queue     *queue
	writer    int64
	seq       int64
	encoder   journal.Encoder
	drained   chan struct{}         // closed when the committer has ended
	unsettled atomic.Bool           // the outcome of a commit is unknown
	fatal     atomic.Pointer[error] // no commit will succeed any more

	// followed is when the other replicas' changes were last known to be
	// all here, and unfollowed why they are not, nil when they are.
	started    time.Time
	followed   atomic.Int64 // nanoseconds since started
	unfollowed atomic.Pointer[error]

	waking sync.Mutex
	wake   chan struct{} // closed at the next change, nil while nobody asks

	metrics counters

	closing    context.Context // ends when Close begins
	close      context.CancelFunc
	background sync.WaitGroup
	closeOnce  sync.Once
	closeErr   error
}

// Open opens the database, brings its schema up to date, takes a new writer
// number and loads the control plane. ctx bounds the opening only.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	s := &Store{
		log: o.Log, now: o.Now,
		poll: o.Poll, staleAfter: o.StaleAfter, patience: o.Patience,
		queue: newQueue(), drained: make(chan struct{}), started: time.Now(),
		release: func() error { return nil },
	}
	s.closing, s.close = context.WithCancel(context.Background())
	var err error
	if isPostgres(o.URL) {
		s.db, err = openPostgres(ctx, o.URL)
	} else {
		s.db, s.release, err = openSQLite(ctx, o.URL)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		s.close()
		return nil, errors.Join(err, s.db.close(), s.release())
	}
	return s, nil
}

func (s *Store) start(ctx context.Context) error {
	if err := s.db.migrate(ctx); err != nil {
		return err
	}
	if err := s.enlist(ctx); err != nil {
		return fmt.Errorf("store: taking a writer number: %w", err)
	}
	if s.db.engine.shared() {
		s.db.storeRaw(ctx)
	} else if err := s.db.prepare(ctx, hotStatements()); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	img, err := s.load(ctx)
	if err != nil {
		return err
	}
	s.current.Store(&Snapshot{img})
	s.followed.Store(int64(time.Since(s.started)))
	go s.commitLoop()
	s.background.Go(s.forgetLoop)
	if s.db.engine.shared() {
		s.background.Go(s.follow)
		s.background.Go(s.stayAlive)
	}
	return nil
}

// Close commits what is queued, refuses what comes later with ErrClosed, and
// closes the database. A commit whose outcome is unknown is not waited for.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.queue.close()
		s.close()
		<-s.drained
		s.background.Wait()
		s.closeErr = errors.Join(s.retire(), s.db.close(), s.release())
	})
	return s.closeErr
}

// View returns the newest published revision of the control plane. It takes
// no lock and costs nanoseconds. A caller that must not serve what may be out
// of date asks Healthy first.
func (s *Store) View() *Snapshot { return s.current.Load() }

// Healthy returns nil while View may be served and commits may be expected to
// succeed. On PostgreSQL it fails when the changes of other replicas could
// not be read for some seconds: whoever goes on serving then would honour a
// key that was revoked elsewhere.
func (s *Store) Healthy() error {
	if err := s.broken(); err != nil {
		return err
	}
	if s.unsettled.Load() {
		return ErrUnknown
	}
	if age := time.Since(s.started) - time.Duration(s.followed.Load()); s.db.engine.shared() && age > s.staleAfter {
		err := errors.New("no answer")
		if p := s.unfollowed.Load(); p != nil {
			err = *p
		}
		return fmt.Errorf("store: other replicas have not been followed for %s: %w", age.Round(time.Second), err)
	}
	return nil
}

func (s *Store) broken() error {
	if p := s.fatal.Load(); p != nil {
		return *p
	}
	return nil
}

// Engine names the SQL engine and its version, as in "SQLite 3.54.1".
func (s *Store) Engine() string { return s.db.engine.name() }

// Writer is the number of this process in journal positions.
func (s *Store) Writer() int64 { return s.writer }

// Write runs fn in a transaction of its own, for the tables of other
// packages. A nil error means that what fn did is durable, ErrUnknown that it
// may be; after every other error nothing has happened. fn may run again
// after a conflict. On SQLite everybody else's commits wait for fn, so it
// should be short, and it must not use the store.
func (s *Store) Write(ctx context.Context, fn func(*sql.Tx) error) error {
	return s.db.transact(ctx, fn)
}

// Read runs fn in a read-only transaction that sees one moment.
func (s *Store) Read(ctx context.Context, fn func(*sql.Tx) error) error {
	return s.db.snapshot(ctx, fn)
}

// emptiable are the tables that Reset empties: all but the counters, the
// writers and the leases, which must only ever grow.
var emptiable = []string{
	"rec", "heap", "chunk", "intent",
	"cursor", "cut", "manifest", "spool", "delivery_status",
	"chain", "digest_status",
	"log_block", "log_dropped", "log_result",
	"relay_status",
}

// Reset empties everything: the control plane, the journal and what followers
// keep. Other replicas learn of it as of any change.
func (s *Store) Reset(ctx context.Context) error {
	err := s.db.transact(ctx, func(tx *sql.Tx) error {
		texts := []string{`UPDATE head SET rev = rev + 1 WHERE id IN (1, 2)`}
		for _, table := range emptiable {
			texts = append(texts, `DELETE FROM `+table)
		}
		for _, text := range texts {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: reset: %w", err)
	}
	return s.refresh(ctx)
}

// Notify returns a channel that is closed at the next change: a commit of
// this process, or a change of the control plane by another replica. View
// shows the change by then. It may be closed once too often, never once too
// seldom. Take the channel before looking, so that nothing falls in between;
// the chunks of other replicas are found only by looking now and then.
func (s *Store) Notify() <-chan struct{} {
	s.waking.Lock()
	defer s.waking.Unlock()
	if s.wake == nil {
		s.wake = make(chan struct{})
	}
	return s.wake
}

func (s *Store) notify() {
	s.waking.Lock()
	defer s.waking.Unlock()
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}
