package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const (
	owner    = "111111111111"
	stranger = "222222222222"
	testHost = "s3.us-east-2.amazonaws.com"
)

// house is the service over a real store and a data plane in memory, called
// as the front door does but without deciding what Access asks for.
type house struct {
	testing.TB
	s      *Service
	store  *store.Store
	update func(context.Context, func(*store.Tx) error) error // runs calls
	dir    string
	plane  *memoryPlane
	region string
	caller aws.Principal
	last   *call.Call   // the call made last
	denied *atomic.Bool // whether policies let nobody do anything
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t, plane: newMemoryPlane(), region: "us-east-2", caller: rootOf(owner), dir: t.TempDir(), denied: new(atomic.Bool)}
	h.s = New(h.plane, h)
	h.open()
	t.Cleanup(func() { h.store.Close() })
	return h
}

func (h *house) open() {
	h.Helper()
	var err error
	if h.store, err = store.Open(h.Context(), store.Options{Dir: h.dir}); err != nil {
		h.Fatal(err)
	}
	h.s.Update, h.update = h.store.Update, h.store.Update
	h.s.View = func() store.Reader { return h.store.View() }
}

// reopen forgets everything that is not on disk.
func (h *house) reopen() {
	h.Helper()
	if err := h.store.Close(); err != nil {
		h.Fatal(err)
	}
	h.open()
}

// PrincipalExists knows the roots of the two accounts.
func (h *house) PrincipalExists(_ store.Reader, arn string) bool {
	return arn == aws.RootARN(owner) || arn == aws.RootARN(stranger)
}

// PrincipalID knows nobody whom an id would outlive.
func (h *house) PrincipalID(store.Reader, string) string { return "" }

func rootOf(account string) aws.Principal {
	return aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account}
}

func userOf(account, name string) aws.Principal {
	return aws.Principal{Type: aws.IAMUser, Account: account, ARN: aws.NewARN("iam", "", account, "user/"+name).String(), UserName: name}
}

func (h *house) begin(in wire.Shape) *call.Call {
	h.Helper()
	op := api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	if op == nil {
		h.Fatalf("no operation for %s", in.Describe().Name)
	}
	h.last = &call.Call{
		Ctx: context.Background(), Principal: h.caller, Region: h.region, Operation: op, Host: testHost,
		Time: time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC), State: h.store.View(),
	}
	return h.last
}

func (h *house) call(in wire.Shape) (out any, err error) {
	h.Helper()
	c := h.begin(in)
	if err := wire.Check(c.Operation, in); err != nil {
		return nil, err
	}
	run := func() error {
		if _, err := h.s.Access(c, in); err != nil {
			return err
		}
		if h.denied.Load() {
			return accessDenied()
		}
		var err error
		out, err = api.Handlers(h.s)[c.Operation.Name](c, in)
		return err
	}
	if !c.Operation.Writes {
		return out, run()
	}
	err = h.update(c.Ctx, func(tx *store.Tx) error {
		c.State, c.Tx = tx, tx
		return run()
	})
	c.Made.End(err)
	return out, err
}

func (h *house) do(ins ...wire.Shape) (out any) {
	h.Helper()
	for _, in := range ins {
		var err error
		if out, err = h.call(in); err != nil {
			h.Fatalf("%s: %v", in.Describe().Name, err)
		}
	}
	return out
}

// fails makes a call that must fail with exactly this: "Code: message".
func (h *house) fails(want string, in wire.Shape) {
	h.Helper()
	_, err := h.call(in)
	var e *aws.Error
	if !errors.As(err, &e) || e.Error() != want {
		h.Errorf("%s: %v\nwant: %s", in.Describe().Name, err, want)
	}
}

func (h *house) equal(what string, got, want any) {
	h.Helper()
	if !reflect.DeepEqual(got, want) {
		h.Errorf("%s:\n got %#v\nwant %#v", what, got, want)
	}
}

// make makes a bucket in the region of the house.
func (h *house) make(name string) {
	h.Helper()
	in := &api.CreateBucketInput{Bucket: &name}
	if h.region != aws.GlobalRegion {
		in.CreateBucketConfiguration = &api.CreateBucketConfiguration{LocationConstraint: &h.region}
	}
	h.do(in)
}

func (h *house) put(name, policy string) {
	h.Helper()
	h.do(&api.PutBucketPolicyInput{Bucket: &name, Policy: &policy})
}

// unblock lets a bucket have public policies.
func (h *house) unblock(name string) {
	h.Helper()
	h.do(&api.DeletePublicAccessBlockInput{Bucket: &name})
}

// memoryPlane is a data plane of maps. fail, when set, answers every call, before comes
// before every call, when its body is there, and written when an object is there.
type memoryPlane struct {
	mu         sync.Mutex
	written    func(*api.PutObjectInput)
	before     func(ctx context.Context, in wire.Shape) error
	buckets    map[string]map[string][]byte
	versioning map[string]string
	puts       []*api.PutObjectInput
	calls      []string
	fail       error
}

func newMemoryPlane() *memoryPlane {
	return &memoryPlane{buckets: map[string]map[string][]byte{}, versioning: map[string]string{}}
}

func (p *memoryPlane) Do(ctx context.Context, in wire.Shape) (wire.Shape, error) {
	var body []byte
	if in, ok := in.(*api.PutObjectInput); ok {
		var err error
		if body, err = io.ReadAll(in.Body); err != nil {
			return nil, err
		}
	}
	if p.before != nil {
		if err := p.before(ctx, in); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, in.Describe().Name)
	if p.fail != nil {
		return nil, p.fail
	}
	switch in := in.(type) {
	case *api.CreateBucketInput:
		if _, ok := p.buckets[*in.Bucket]; ok {
			return nil, aws.Errorf("BucketAlreadyOwnedByYou", "it is there")
		}
		p.buckets[*in.Bucket] = map[string][]byte{}
		return &api.CreateBucketOutput{}, nil
	case *api.DeleteBucketInput:
		switch b, ok := p.buckets[*in.Bucket]; {
		case !ok:
			return nil, aws.Errorf("NoSuchBucket", "it is not there")
		case len(b) > 0:
			return nil, aws.Errorf("BucketNotEmpty", "it is full")
		}
		delete(p.buckets, *in.Bucket)
		delete(p.versioning, *in.Bucket)
		return &api.DeleteBucketOutput{}, nil
	case *api.PutObjectInput:
		b, ok := p.buckets[*in.Bucket]
		if !ok {
			return nil, aws.Errorf("NoSuchBucket", "it is not there")
		}
		b[*in.Key] = body
		if p.written != nil {
			p.written(in)
		}
		p.puts = append(p.puts, in)
		return &api.PutObjectOutput{}, nil
	case *api.GetObjectInput:
		return &api.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(p.buckets[*in.Bucket][*in.Key]))}, nil
	case *api.PutBucketVersioningInput:
		if p.buckets[*in.Bucket] == nil {
			return nil, aws.Errorf("NoSuchBucket", "it is not there")
		}
		p.versioning[*in.Bucket] = *in.VersioningConfiguration.Status
		return &api.PutBucketVersioningOutput{}, nil
	case *api.PutObjectLockConfigurationInput:
		return &api.PutObjectLockConfigurationOutput{}, nil
	}
	return nil, aws.Errorf("NotImplemented", "%s", in.Describe().Name)
}

func (p *memoryPlane) called(name string) bool { return slices.Contains(p.calls, name+"Input") }
