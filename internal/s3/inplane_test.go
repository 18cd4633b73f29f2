package s3

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// as is the house called by another account, at the same time if need be.
func (h *house) as(account string) *house {
	other := *h
	other.caller = rootOf(account)
	return &other
}

func createInput(name string) *api.CreateBucketInput {
	return &api.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &api.CreateBucketConfiguration{LocationConstraint: new("us-east-2")}}
}

func versioningInput(name, status string) *api.PutBucketVersioningInput {
	return &api.PutBucketVersioningInput{Bucket: &name, VersioningConfiguration: &api.VersioningConfiguration{Status: &status}}
}

func objectInput(name, key string, body io.Reader, n int) *api.PutObjectInput {
	return &api.PutObjectInput{Bucket: &name, Key: &key, Body: io.NopCloser(body), ContentLength: new(int64(n))}
}

// there reports whether the state and the plane have a bucket.
func (h *house) there(name string) (state, plane bool) {
	h.plane.mu.Lock()
	defer h.plane.mu.Unlock()
	_, state = buckets.Get(h.store.View(), name)
	_, plane = h.plane.buckets[name]
	return state, plane
}

func (h *house) wantThere(what, name string, want bool) {
	h.Helper()
	if state, plane := h.there(name); state != want || plane != want {
		h.Errorf("%s: in the state: %v, in the plane: %v, want %v", what, state, plane, want)
	}
}

// bucketChanges are the calls that change a bucket in the plane.
var bucketChanges = []func() wire.Shape{
	func() wire.Shape { return createInput("new") },
	func() wire.Shape { return versioningInput("bucket", "Suspended") },
	func() wire.Shape {
		return &api.PutObjectLockConfigurationInput{Bucket: new("bucket"), ObjectLockConfiguration: (&objectLock{}).shape()}
	},
	func() wire.Shape { return &api.DeleteBucketInput{Bucket: new("bucket")} },
}

// TestPlaneHangs: while a plane keeps a call that changes a bucket waiting,
// others commit; the call ends, and has changed nothing; and so does one that
// waits for its turn.
func TestPlaneHangs(t *testing.T) {
	for _, change := range bucketChanges {
		h := newHouse(t)
		h.make("bucket")
		h.make("other")
		h.do(versioningInput("bucket", "Enabled"))
		before := h.store.View()
		reached, goOn := make(chan bool), make(chan bool)
		h.plane.before = func(ctx context.Context, _ wire.Shape) error {
			reached <- true
			<-goOn
			<-ctx.Done()
			return aws.Errorf("RequestTimeout", "of our making")
		}
		h.s.turns.patience, h.s.patience = time.Millisecond, time.Millisecond
		answer := make(chan error)
		go func() {
			_, err := h.as(owner).call(change())
			answer <- err
		}()
		<-reached
		if _, err := h.call(change()); aws.CodeOf(err) != "OperationAborted" {
			t.Errorf("%T, the second: %v", change(), err)
		}
		h.unblock("other")
		goOn <- true
		if err := <-answer; aws.CodeOf(err) != "ServiceUnavailable" {
			t.Errorf("%T: %v", change(), err)
		}
		for _, name := range []string{"bucket", "new"} {
			was, _ := buckets.Get(before, name)
			is, _ := buckets.Get(h.store.View(), name)
			if was != is {
				t.Errorf("%T has changed %s", change(), name)
			}
		}
		if len(h.s.turns.names) != 0 {
			t.Errorf("turns left: %v", h.s.turns.names)
		}
		h.plane.before, h.s.patience = nil, planePatience
		h.do(change()) // again, when the plane is back
	}
}

// TestRefusedBeforeThePlane: what is refused does not get to the plane.
func TestRefusedBeforeThePlane(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.do(versioningInput("bucket", "Enabled"))
	h.plane.calls = nil
	h.denied.Store(true)
	for _, change := range bucketChanges {
		h.fails("AccessDenied: Access Denied", change())
	}
	if len(h.plane.calls) != 0 {
		t.Errorf("the plane was asked: %v", h.plane.calls)
	}
}

// TestRefusedAfterThePlane: a transaction that is refused when the plane has
// been changed leaves the plane as the state says.
func TestRefusedAfterThePlane(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.do(versioningInput("bucket", "Enabled"))
	for _, change := range bucketChanges {
		h.denied.Store(false)
		h.plane.before = func(context.Context, wire.Shape) error { h.denied.Store(true); return nil }
		h.fails("AccessDenied: Access Denied", change())
	}
	h.wantThere("refused deletion", "bucket", true)
	h.wantThere("refused creation", "new", false)
	if h.plane.versioning["bucket"] != "Enabled" {
		t.Errorf("versioning in the plane: %q", h.plane.versioning["bucket"])
	}
}

// TestPlaneRefuses: a name that the plane has something under is nobody's to
// have, and a bucket that is not empty stays.
func TestPlaneRefuses(t *testing.T) {
	const taken = "BucketAlreadyExists: The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again"
	h := newHouse(t)
	h.plane.buckets["new"] = map[string][]byte{"foreign": nil}
	h.fails(taken, createInput("new"))
	if len(h.plane.buckets["new"]) != 1 {
		t.Error("what the plane had is gone")
	}
	h.make("bucket")
	for _, test := range []struct {
		call   string // of the plane
		answer error
		in     wire.Shape
		want   string
	}{
		{"CreateBucketInput", aws.Errorf("BucketAlreadyExists", "it is another's"), createInput("third"), "BucketAlreadyExists"},
		{"DeleteBucketInput", aws.Errorf("AccessDenied", "it is another's"), createInput("third"), "BucketAlreadyExists"},
		{"CreateBucketInput", aws.Errorf(aws.InternalFailure, "broken"), createInput("third"), aws.InternalFailure},
		{"DeleteBucketInput", aws.Errorf(aws.InternalFailure, "broken"), &api.DeleteBucketInput{Bucket: new("bucket")}, aws.InternalFailure},
		{"DeleteBucketInput", aws.Errorf("OperationAborted", "busy"), &api.DeleteBucketInput{Bucket: new("bucket")}, "OperationAborted"},
		{"PutBucketVersioningInput", errors.New("cut off"), versioningInput("bucket", "Enabled"), ""},
	} {
		h.plane.before = func(_ context.Context, in wire.Shape) error {
			if in.Describe().Name == test.call {
				return test.answer
			}
			return nil
		}
		if _, err := h.call(test.in); err == nil || aws.CodeOf(err) != test.want {
			t.Errorf("%s answers %v: %v", test.call, test.answer, err)
		}
	}
	h.plane.before = nil
	h.wantThere("refused deletion", "bucket", true)
	h.wantThere("refused creation", "third", false)
	// An object that comes when the deletion is on its way.
	h.plane.before = func(_ context.Context, in wire.Shape) error {
		if _, ok := in.(*api.DeleteBucketInput); ok {
			h.plane.buckets["bucket"]["late"] = nil
		}
		return nil
	}
	h.fails("BucketNotEmpty: The bucket you tried to delete is not empty", &api.DeleteBucketInput{Bucket: new("bucket")})
	h.wantThere("not empty", "bucket", true)
}

// TestHealing: a bucket that only the state has comes back with what the
// plane has to know of it.
func TestHealing(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.do(versioningInput("bucket", "Enabled"))
	delete(h.plane.buckets, "bucket")
	delete(h.plane.versioning, "bucket")
	h.fails(errNotReady.Error(), objectInput("bucket", "key", strings.NewReader("body"), 4))
	h.do(objectInput("bucket", "key", strings.NewReader("body"), 4))
	if h.plane.versioning["bucket"] != "Enabled" || len(h.plane.buckets["bucket"]) != 1 {
		t.Errorf("%v %v", h.plane.versioning, h.plane.buckets)
	}
}

// TestSlowPut: a body that ends when its bucket is another's does not get
// there.
func TestSlowPut(t *testing.T) {
	for _, empty := range []bool{false, true} {
		h := newHouse(t)
		h.make("bucket")
		body := &meanwhile{Reader: strings.NewReader("body"), do: func() {
			h.as(owner).do(&api.DeleteBucketInput{Bucket: new("bucket")})
			h.as(stranger).do(createInput("bucket"))
		}}
		in := objectInput("bucket", "key", body, 4)
		if empty {
			// Nothing is read: it happens when the call has been let in.
			in.ContentLength = new(int64(0))
			c := h.begin(in)
			body.do()
			if _, err := h.s.PutObject(c, in); aws.CodeOf(err) != "NoSuchBucket" {
				t.Errorf("put: %v", err)
			}
		} else {
			h.fails("NoSuchBucket: The specified bucket does not exist", in)
		}
		if len(h.plane.buckets["bucket"]) != 0 {
			t.Errorf("the new owner finds %v", h.plane.buckets["bucket"])
		}
	}
}

type meanwhile struct {
	io.Reader
	do   func()
	once sync.Once
}

func (m *meanwhile) Read(p []byte) (int, error) {
	m.once.Do(m.do)
	return m.Reader.Read(p)
}

// TestNameRace: two accounts make, fill and delete a bucket of one name, all
// at once. In the end the state and the plane agree, and whoever has the
// bucket finds nothing of the other's.
func TestNameRace(t *testing.T) {
	h := newHouse(t)
	pause := func() { // that lets others get on
		for range rand.IntN(4) {
			if err := h.store.Update(t.Context(), func(*store.Tx) error { return nil }); err != nil {
				t.Error(err)
			}
		}
	}
	h.plane.before = func(context.Context, wire.Shape) error { pause(); return nil }
	h.plane.written = func(in *api.PutObjectInput) {
		if b, none := findBucket(h.store.View(), "bucket"); none != nil || b.Account != *in.Key {
			t.Errorf("%s puts an object into %+v", *in.Key, b)
		}
	}
	empty := func() { // as objects are deleted
		h.plane.mu.Lock()
		defer h.plane.mu.Unlock()
		clear(h.plane.buckets["bucket"])
	}
	fine := []string{"AccessDenied", "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "BucketNotEmpty", "NoSuchBucket", "OperationAborted", "ServiceUnavailable"}
	var all sync.WaitGroup
	for i := range 8 {
		account := []string{owner, stranger}[i%2]
		all.Go(func() {
			for range 80 {
				var err error
				account := account
				if b, none := findBucket(h.store.View(), "bucket"); none == nil && rand.IntN(4) > 0 {
					account = b.Account
				}
				h := h.as(account)
				switch rand.IntN(4) {
				case 0:
					_, err = h.call(createInput("bucket"))
				case 1:
					in := objectInput("bucket", account, &meanwhile{Reader: strings.NewReader("body"), do: pause}, 4)
					in.ExpectedBucketOwner = &account // in the place of policies
					_, err = h.call(in)
				case 2:
					empty()
				case 3:
					_, err = h.call(&api.DeleteBucketInput{Bucket: new("bucket"), ExpectedBucketOwner: &account})
				}
				if err != nil && !isCode(err, fine...) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	state, plane := h.there("bucket")
	if state != plane || len(h.s.turns.names) != 0 {
		t.Errorf("in the state: %v, in the plane: %v, turns left: %v", state, plane, h.s.turns.names)
	}
}

// mortalPlane is a plane used by a life.
type mortalPlane struct {
	*memoryPlane
	*storetest.Life
}

func (p mortalPlane) Do(ctx context.Context, in wire.Shape) (out wire.Shape, err error) {
	err = p.Life.Do(func() (err error) { out, err = p.memoryPlane.Do(ctx, in); return })
	return out, err
}

// TestDeathInPlane: wherever the process dies, the next one finds a name that
// can be had, and a bucket that can be used or deleted.
func TestDeathInPlane(t *testing.T) {
	storetest.UntilNobodyDies(t, func(l *storetest.Life) {
		h := newHouse(t)
		undying := h.s
		mortal := New(mortalPlane{h.plane, l}, h)
		mortal.Update = storetest.Mortal{Store: h.store, Life: l}.Update
		mortal.View = h.s.View
		h.s, h.update = mortal, mortal.Update
		for _, in := range []wire.Shape{
			&api.CreateBucketInput{Bucket: new("bucket"), ObjectLockEnabledForBucket: new(true), CreateBucketConfiguration: createInput("bucket").CreateBucketConfiguration},
			&api.DeleteBucketInput{Bucket: new("bucket")},
			createInput("bucket"),
			versioningInput("bucket", "Enabled"),
			&api.DeleteBucketInput{Bucket: new("bucket")},
		} {
			if _, err := h.call(in); err != nil && !l.Dead() {
				t.Error(err)
			}
			if l.Dead() {
				break
			}
		}
		h.s, h.update = undying, h.store.Update
		if state, _ := h.there("bucket"); state {
			_, err := h.call(objectInput("bucket", "key", strings.NewReader("body"), 4))
			if errors.Is(err, errNotReady) {
				_, err = h.call(objectInput("bucket", "key", strings.NewReader("body"), 4))
			}
			if err != nil {
				t.Errorf("the bucket does not heal: %v", err)
			}
			b, _ := findBucket(h.store.View(), "bucket")
			if b.versioned() && h.plane.versioning["bucket"] != b.Versioning {
				t.Errorf("versioning is %s, in the plane %q", b.Versioning, h.plane.versioning["bucket"])
			}
			clear(h.plane.buckets["bucket"])
			h.do(&api.DeleteBucketInput{Bucket: new("bucket")})
		}
		other := h.as(stranger)
		other.do(createInput("bucket"))
		if h.plane.versioning["bucket"] != "" || len(h.plane.buckets["bucket"]) != 0 {
			t.Errorf("the bucket begins with %q and %v", h.plane.versioning["bucket"], h.plane.buckets["bucket"])
		}
		h.wantThere("in the end", "bucket", true)
	})
}
