package s3

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// A bucket is a record in the state and a bucket in the plane, and no
// transaction is about both. What holds:
//
//  1. A bucket that the state does not have is not in the plane, or is empty
//     there: it is made in the plane first, and deleted there first. The plane
//     deletes none that is not empty.
//  2. Nothing gets into the plane's bucket but for the bucket of the state that
//     the call was let into: a call looks for that when its turn at the name
//     has come and its last byte is there (Service.once), and whoever deletes
//     is alone with the name from before the plane is asked until the
//     transaction has ended. So nobody finds what is another's in a bucket
//     that they have made; and CreateBucket makes the plane's bucket anew, or
//     refuses the name where the plane has something under it.
//  3. A bucket that the state has and the plane has not heals: the next call
//     that misses it makes it again (Service.heal). It comes of a crash
//     between the plane's deletion and the commit, of a transaction that was
//     refused after it, and of a plane that did what it had no time to answer.
//
// The turns are this process's. Where several servers share a database and a
// plane, 1 and the last part of 2 hold, because the plane is the judge of
// both, and so does 3; but a call on an object that races with DeleteBucket
// at another server may make the plane's bucket again, and an object that the
// state knows nothing of. Nobody gets to see it: the name is then refused to
// all (BucketAlreadyExists) until the operator removes it. Two that make a
// bucket of one name at two servers may leave the first with the second's
// versioning in the plane.

// planePatience bounds what a call waits for the plane to change a bucket.
const planePatience = 20 * time.Second

// atName and inPlane are what is made beforehand for a call that changes a
// bucket: its turn, and the change in the plane.
type (
	atName  struct{ name string }
	inPlane struct {
		name    string
		created int64
	}
)

// first changes a bucket in the plane before the call's transaction changes
// it in the state. It is asked in the transaction, when nothing more is to be
// refused. The first run of the transaction ends here for the call's turn; a
// second, on what those before it have left, for the plane; a third commits.
// What is refused only then, or fails, the plane is made to follow.
func (s *Service) first(c *call.Call, b *Bucket, change func(context.Context) error) error {
	type none struct{}
	_, err := call.Beforehand(c, atName{b.Name}, func() (none, error) {
		leave, err := s.turns.alone(c.Ctx, b.Name)
		if err == nil {
			c.AtEnd(func(error) { leave() })
		}
		return none{}, err
	})
	if err != nil {
		return err
	}
	_, err = call.Beforehand(c, inPlane{b.Name, b.Created.UnixNano()}, func() (none, error) {
		ctx, cancel := context.WithTimeout(c.Ctx, s.patience)
		defer cancel()
		if err := change(ctx); err != nil {
			return none{}, err
		}
		c.AtEnd(func(err error) {
			if err != nil {
				s.follow(context.WithoutCancel(c.Ctx), b.Name)
			}
		})
		return none{}, nil
	})
	return err
}

// do makes a call of the plane that changes a bucket. A code among harmless
// is no failure.
func (s *Service) do(ctx context.Context, in wire.Shape, harmless ...string) error {
	_, err := s.Plane.Do(ctx, in)
	switch {
	case err == nil || slices.Contains(harmless, aws.CodeOf(err)):
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return aws.Errorf("ServiceUnavailable", "The object store does not answer in time. Please try again.")
	}
	return err
}

// createInPlane makes the bucket where its objects will be. What the plane
// has of that name without the state's knowing is left of a call that a crash
// kept from finishing, or not ours: it goes if it is empty, so that none of
// its settings stays, and otherwise the name is not available.
func (s *Service) createInPlane(ctx context.Context, b *Bucket) error {
	err := s.do(ctx, &api.DeleteBucketInput{Bucket: &b.Name}, "NoSuchBucket")
	if err == nil {
		err = s.makeInPlane(ctx, b)
	}
	if isCode(err, "BucketNotEmpty", "BucketAlreadyExists", "BucketAlreadyOwnedByYou", aws.AccessDenied) {
		return nameTaken(b.Name)
	}
	return err
}

// makeInPlane makes the bucket with what the plane has to know of it. It may
// be repeated where having the bucket already is harmless.
func (s *Service) makeInPlane(ctx context.Context, b *Bucket, harmless ...string) error {
	locked := b.ObjectLock != nil
	err := s.do(ctx, &api.CreateBucketInput{Bucket: &b.Name, ObjectLockEnabledForBucket: &locked}, harmless...)
	if err == nil && b.versioned() {
		err = s.setVersioning(ctx, b)
	}
	if err == nil && locked && b.ObjectLock.Mode != "" {
		err = s.setObjectLock(ctx, b)
	}
	return err
}

func (s *Service) setVersioning(ctx context.Context, b *Bucket) error {
	return s.do(ctx, &api.PutBucketVersioningInput{Bucket: &b.Name, VersioningConfiguration: &api.VersioningConfiguration{Status: &b.Versioning}})
}

func (s *Service) setObjectLock(ctx context.Context, b *Bucket) error {
	return s.do(ctx, &api.PutObjectLockConfigurationInput{Bucket: &b.Name, ObjectLockConfiguration: b.ObjectLock.shape()})
}

// deleteInPlane deletes the bucket if it is empty, which the plane knows.
func (s *Service) deleteInPlane(ctx context.Context, b *Bucket) error {
	err := s.do(ctx, &api.DeleteBucketInput{Bucket: &b.Name}, "NoSuchBucket")
	switch {
	case aws.CodeOf(err) == "BucketNotEmpty" && b.versioned():
		return notEmpty(b, "The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
	case aws.CodeOf(err) == "BucketNotEmpty":
		return notEmpty(b, "The bucket you tried to delete is not empty")
	}
	return err
}

// follow makes the plane's bucket what the state says of a name, for one who
// is alone with it. A bucket that never had versions may keep them in the
// plane, which loses nothing. When it cannot be done now, the next call heals
// what is missing.
func (s *Service) follow(ctx context.Context, name string) (*Bucket, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	var b *Bucket
	// The newest revision, also of other servers, and after a commit whose
	// outcome was unknown.
	err := s.Update(ctx, func(tx *store.Tx) error {
		b, _ = buckets.Get(tx, name)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case b == nil:
		return nil, s.do(ctx, &api.DeleteBucketInput{Bucket: &name}, "NoSuchBucket", "BucketNotEmpty")
	}
	return b, s.makeInPlane(ctx, b, "BucketAlreadyOwnedByYou", "BucketAlreadyExists")
}

// at makes a call of the plane on something in a bucket that r has.
func (s *Service) at(ctx context.Context, r store.Reader, in wire.Shape) (wire.Shape, error) {
	name := bucketOf(in)
	b, none := findBucket(r, name)
	if none != nil {
		return nil, none
	}
	out, err := s.once(ctx, b, in)
	switch {
	case errors.Is(err, errGone):
		return nil, noSuchBucket(name)
	case aws.CodeOf(err) != "NoSuchBucket":
		return out, err
	}
	if err := s.heal(ctx, b); err != nil {
		return nil, err
	}
	if streamOf(in) != nil { // of which some may have been read
		return nil, errNotReady
	}
	return s.once(ctx, b, in)
}

// heal makes a bucket in the plane that the plane has not and the state has
// still.
func (s *Service) heal(ctx context.Context, b *Bucket) error {
	leave, err := s.turns.alone(ctx, b.Name)
	if err != nil {
		return errNotReady
	}
	defer leave()
	now, err := s.follow(ctx, b.Name)
	switch {
	case err != nil:
		return err
	case now == nil || !b.is(now):
		return noSuchBucket(b.Name)
	}
	return nil
}

// is reports whether b is the bucket that now is, and not one before it of the
// same name.
func (b *Bucket) is(now *Bucket) bool {
	return b.Account == now.Account && b.Created.Equal(now.Created)
}

var (
	// errGone answers a call whose bucket has been deleted since it was let in.
	errGone     = noSuchBucket("")
	errNotReady = aws.Errorf("ServiceUnavailable", "The bucket is not ready. Please try again.")
)

// once makes a call of the plane on something in a bucket, if it is still the
// one that the call was let into when the plane comes to work. A call with a
// body waits for its turn at its last byte, without which the plane does
// nothing: however slow a client is, it keeps nobody.
func (s *Service) once(ctx context.Context, b *Bucket, in wire.Shape) (wire.Shape, error) {
	v := &visit{enter: func() (func(), error) { return s.enter(ctx, b) }}
	defer v.end()
	body := streamOf(in)
	if body == nil {
		if err := v.begin(); err != nil {
			return nil, err
		}
		return s.Plane.Do(ctx, in)
	}
	guarded := reflect.New(reflect.TypeOf(in).Elem())
	guarded.Elem().Set(reflect.ValueOf(in).Elem())
	in = guarded.Interface().(wire.Shape)
	*streamOf(in) = &lastByte{ReadCloser: *body, rest: lengthOf(in), reached: v.begin}
	return s.Plane.Do(ctx, in)
}

// enter waits for a shared turn at the bucket's name.
func (s *Service) enter(ctx context.Context, b *Bucket) (leave func(), err error) {
	if leave, err = s.turns.shared(ctx, b.Name); err != nil {
		return nil, errNotReady
	}
	if now, none := findBucket(s.View(), b.Name); none != nil || !b.is(now) {
		leave()
		return nil, errGone
	}
	return leave, nil
}

// visit is the turn of one call of the plane, which may return before it has
// read the body.
type visit struct {
	enter func() (leave func(), err error)
	mu    sync.Mutex
	leave func()
	over  bool
}

func (v *visit) begin() error {
	leave, err := v.enter()
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over {
		leave()
		return io.ErrClosedPipe
	}
	v.leave = leave
	return nil
}

func (v *visit) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over = true; v.leave != nil {
		v.leave()
	}
}

// lastByte is a body that tells when its last byte is reached, and fails
// instead of giving it when it is told to.
type lastByte struct {
	io.ReadCloser
	rest    int64 // of the body, below 0 when that is not known
	reached func() error
	told    bool
	failed  error
}

func (l *lastByte) Read(p []byte) (int, error) {
	if l.failed != nil {
		return 0, l.failed
	}
	n, err := l.ReadCloser.Read(p)
	if l.rest > 0 {
		l.rest = max(l.rest-int64(n), 0)
	}
	if !l.told && (l.rest == 0 || err == io.EOF) {
		l.told = true
		if l.failed = l.reached(); l.failed != nil {
			return 0, l.failed
		}
	}
	return n, err
}

// bucketOf is the bucket that an input names.
func bucketOf(in wire.Shape) string {
	name, _ := reflect.ValueOf(in).Elem().FieldByName("Bucket").Interface().(*string)
	return aws.Val(name)
}

// streamOf is where an input has its body, nil when it has none.
func streamOf(in wire.Shape) *io.ReadCloser {
	var body *io.ReadCloser
	switch in := in.(type) {
	case *api.PutObjectInput:
		body = &in.Body
	case *api.UploadPartInput:
		body = &in.Body
	}
	if body == nil || *body == nil || lengthOf(in) == 0 {
		return nil
	}
	return body
}

// lengthOf is the length of an input's body, below 0 when it is not known.
func lengthOf(in wire.Shape) int64 {
	var n *int64
	switch in := in.(type) {
	case *api.PutObjectInput:
		n = in.ContentLength
	case *api.UploadPartInput:
		n = in.ContentLength
	}
	if n == nil {
		return -1
	}
	return *n
}
