package digest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"sync"
	"sync/atomic"
	"time"
)

// Buckets is where digests and log files lie.
type Buckets interface {
	// List yields the keys of a bucket that start with prefix and come
	// after the given one, in the order of their bytes.
	List(ctx context.Context, bucket, prefix, after string) iter.Seq2[string, error]
	// Get opens an object. The error is fs.ErrNotExist when the bucket or
	// the object is not there.
	Get(ctx context.Context, bucket, key string) (*Object, error)
}

// Object is an open object of a bucket.
type Object struct {
	Body     io.ReadCloser
	Metadata map[string]string // user metadata, names in lower case without x-amz-meta-
}

// Request says which chains are verified.
type Request struct {
	Trail      string // its name
	HomeRegion string
	Account    string // the trail's owner
	Bucket     string
	Prefix     string // before AWSLogs/, without its slash; "" for none
	// Accounts and Regions restrict what is found; empty means all.
	Accounts, Regions []string
	// Start and End bound the deliveries: digests that end between Start
	// and an hour after End are verified, with their log files.
	Start, End time.Time
}

// Verifier checks the chains of a trail: each digest by itself, each with its
// neighbours, each log file with its digest, and the log files in the bucket
// with what the digests cover. Memory does not grow with the number and size
// of log files: besides the objects being read, a walk remembers where the
// digests of its region lie, some forty bytes each, and the names of a day or
// two of log files.
type Verifier struct {
	Buckets Buckets
	Keys    Keys
	// Report is told what is found, one finding at a time, in no particular
	// order.
	Report func(Finding)
	// Valid, when set, is told each file that nothing is wrong with, one at
	// a time.
	Valid func(bucket, object string)
	// Progress, when set, is told the state after each file, one call at a
	// time.
	Progress func(Summary)
	// SignatureFromNext has the signature of a digest without metadata
	// taken from the next digest of the chain, which quotes it: for copies
	// that were made without metadata.
	SignatureFromNext bool
	// Parallel is how many objects are read at the same time; 16 when zero.
	Parallel int
	// MaxDigest and MaxLog are the largest unpacked files in bytes; 64 MiB
	// and 1 GiB when zero.
	MaxDigest, MaxLog int64
}

const (
	defaultParallel  = 16
	defaultMaxDigest = 64 << 20
	defaultMaxLog    = 1 << 30
)

// Verify verifies what is asked for. The error is nil when everything could
// be looked at, whatever was found; that which could not be read by itself is
// a finding.
func (v *Verifier) Verify(ctx context.Context, q Request) (Summary, error) {
	r := &run{Verifier: *v, q: q, rings: make(map[string]*keyring)}
	r.defaults()
	r.accounts, r.walks, r.files = newCrew(r.Parallel), newCrew(r.Parallel), newCrew(r.Parallel)
	err := r.discover(ctx)
	r.accounts.wait()
	r.walks.wait()
	r.files.wait()
	return r.sum, errors.Join(err, ctx.Err())
}

// run is one verification under way.
type run struct {
	Verifier
	q                      Request
	accounts, walks, files *crew
	walking                atomic.Int32 // walks under way

	mu    sync.Mutex // also held during callbacks
	sum   Summary
	rings map[string]*keyring // by region
}

func (r *run) defaults() {
	if r.Report == nil {
		r.Report = func(Finding) {}
	}
	if r.Parallel <= 0 {
		r.Parallel = defaultParallel
	}
	if r.MaxDigest <= 0 {
		r.MaxDigest = defaultMaxDigest
	}
	if r.MaxLog <= 0 {
		r.MaxLog = defaultMaxLog
	}
}

// ring is the keyring of a region.
func (r *run) ring(region string) *keyring {
	r.mu.Lock()
	defer r.mu.Unlock()
	ring := r.rings[region]
	if ring == nil {
		ring = &keyring{source: r.Keys, region: region, start: r.q.Start, end: r.q.End}
		r.rings[region] = ring
	}
	return ring
}

// tell counts and reports findings, and counts in the summary what change
// says.
func (r *run) tell(p place, change func(*Summary), findings ...*Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range findings {
		f.Account, f.Region = p.Account, p.region
		r.sum.count(f)
		r.Report(*f)
	}
	if change != nil {
		change(&r.sum)
	}
	if r.Progress != nil {
		r.Progress(r.sum)
	}
}

// tally counts a file and reports what was found of it.
func (r *run) tally(p place, which func(*Summary) *Tally, bucket, key string, findings ...*Finding) {
	worst := worst(findings)
	if r.Valid != nil && worst == "" {
		r.mu.Lock()
		r.Valid(bucket, key)
		r.mu.Unlock()
	}
	r.tell(p, func(s *Summary) { which(s).add(worst) }, findings...)
}

// worst is the severity that counts for a file; "" when it is valid.
func worst(findings []*Finding) (s Severity) {
	for _, f := range findings {
		switch f.Kind.Severity() {
		case Invalid:
			return Invalid
		case Unchecked:
			s = Unchecked
		}
	}
	return s
}

// attempts is how often an object is read whose transfer breaks off.
const attempts = 3

// get reads an object. Errors of the transfer, unlike those of the content,
// come back as *transferError.
func (r *run) get(ctx context.Context, bucket, key string, read func(*Object, io.Reader) error) error {
	for attempt := 1; ; attempt++ {
		o, err := r.Buckets.Get(ctx, bucket, key)
		if errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err != nil {
			return &transferError{err}
		}
		body := &transfer{r: o.Body}
		err = read(o, body)
		o.Body.Close()
		if body.err == nil {
			return err
		}
		if attempt == attempts || ctx.Err() != nil {
			return &transferError{body.err}
		}
	}
}

// transfer tells the errors of a transfer from those of its content.
type transfer struct {
	r   io.Reader
	err error
}

func (t *transfer) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

type transferError struct{ err error }

func (e *transferError) Error() string { return e.err.Error() }
func (e *transferError) Unwrap() error { return e.err }
