package s3_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/s3/plane"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const (
	owner    = "111111111111"
	stranger = "222222222222"
)

// house is the service over a store and a data plane of its own.
type house struct {
	t        *testing.T
	service  *s3.Service
	handlers map[string]call.Handler
	store    *store.Store
	dir      string // of the data plane
	now      time.Time
	// allow decides what calls ask for besides what Access says; nil allows
	// it.
	allow func(call.Target) error
}

type everybody struct{}

func (everybody) PrincipalExists(store.Reader, string) bool { return true }
func (everybody) PrincipalID(store.Reader, string) string   { return "" }

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	st, err := store.Open(context.Background(), store.Options{Dir: t.TempDir(), Now: func() time.Time { return h.now }})
	if err != nil {
		t.Fatal(err)
	}
	local, err := plane.Embedded(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		local.Close()
		st.Close()
	})
	h.store, h.service = st, s3.New(local, everybody{})
	h.service.Update, h.service.Now = st.Update, func() time.Time { return h.now }
	h.service.View = func() store.Reader { return st.View() }
	h.handlers = api.Handlers(h.service)
	return h
}

// call makes a call as the root of an account, asking Access first as the
// front door does.
func (h *house) call(account string, in wire.Shape) (any, *call.Call, error) {
	h.t.Helper()
	op := api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	c := &call.Call{
		Ctx: context.Background(), Region: "us-east-1", Operation: op, Time: h.now, Host: "s3.local",
		Principal: aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account},
		Allow:     func(call.Target) error { return nil },
		RequestID: "r-1", SourceIP: "192.0.2.1",
	}
	if h.allow != nil {
		c.Allow = h.allow
	}
	var out any
	run := func() (err error) {
		c.Notes = call.Notes{}
		if _, err = h.service.Access(c, in); err == nil {
			out, err = h.handlers[op.Name](c, in)
		}
		return err
	}
	if !op.Writes {
		c.State = h.store.View()
		return out, c, run()
	}
	err := h.store.Update(c.Ctx, func(tx *store.Tx) error {
		c.Tx, c.State = tx, tx
		return run()
	})
	c.Made.End(err)
	return out, c, err
}

func must[O any](h *house, in wire.Shape) *O {
	h.t.Helper()
	out, _, err := h.call(owner, in)
	if err != nil {
		h.t.Fatalf("%s: %v", in.Describe().Name, err)
	}
	return out.(*O)
}

func (h *house) code(in wire.Shape) string {
	h.t.Helper()
	_, _, err := h.call(owner, in)
	return aws.CodeOf(err)
}

func (h *house) bucket(name string, ownership *string) {
	h.t.Helper()
	must[api.CreateBucketOutput](h, &api.CreateBucketInput{Bucket: &name, ObjectOwnership: ownership})
}

func putInput(bucket, key, body string) *api.PutObjectInput {
	return &api.PutObjectInput{Bucket: &bucket, Key: &key, Body: io.NopCloser(strings.NewReader(body)), ContentLength: new(int64(len(body)))}
}

func TestObjectRecords(t *testing.T) {
	h := newHouse(t)
	h.bucket("bucket", nil)
	_, c, err := h.call(stranger, putInput("bucket", "a/b", "body"))
	if err != nil {
		t.Fatal(err)
	}
	want := []call.Resource{
		{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::bucket/a/b"},
		{Account: owner, Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::bucket"},
	}
	if !slices.Equal(c.Resources, want) || !slices.Equal(c.Owners, []string{owner}) || c.Additional["SSEApplied"] != "Default_SSE_S3" {
		t.Errorf("%+v", c.Notes)
	}
	in := putInput("bucket", "a/c", "body")
	in.ServerSideEncryption = new("AES256")
	out, c, err := h.call(owner, in)
	if err != nil || *out.(*api.PutObjectOutput).ServerSideEncryption != "AES256" || c.Additional["SSEApplied"] != "SSE_S3" || c.Owners != nil {
		t.Errorf("%v %+v %v", out, c.Notes, err)
	}
	out, c, err = h.call(stranger, &api.DeleteObjectsInput{Bucket: new("bucket"), Delete: &api.Delete{Quiet: new(true), Objects: []api.ObjectIdentifier{
		{Key: new("a/b")}, {Key: new("a/c"), VersionId: new("nonsense")}}}})
	if err != nil || len(out.(*api.DeleteObjectsOutput).Deleted) != 0 || len(out.(*api.DeleteObjectsOutput).Errors) != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	var events []string
	for _, e := range c.Events {
		code := ""
		if e.Err != nil {
			code = e.Err.Code
		}
		events = append(events, strings.Join([]string{e.Name, e.Account, e.Resources[0].ARN, code}, " "))
	}
	if want := []string{
		"DeleteObject 222222222222 arn:aws:s3:::bucket/a/b ", "DeleteObject 111111111111 arn:aws:s3:::bucket/a/b ",
		"DeleteObject 222222222222 arn:aws:s3:::bucket/a/c InvalidArgument", "DeleteObject 111111111111 arn:aws:s3:::bucket/a/c InvalidArgument",
	}; !slices.Equal(events, want) {
		t.Errorf("%q", events)
	}
}

func TestEncryptionOfObjects(t *testing.T) {
	h := newHouse(t)
	h.bucket("bucket", nil)
	for method, want := range map[string]string{"AES256": "", "aws:kms": "KMS.NotFoundException", "aws:kms:dsse": "NotImplemented", "rot13": "InvalidArgument"} {
		in := putInput("bucket", "key", "body")
		in.ServerSideEncryption = &method
		if got := h.code(in); got != want {
			t.Errorf("%s: %q, want %q", method, got, want)
		}
	}
	in := putInput("bucket", "key", "body")
	in.SSECustomerAlgorithm = new("AES256")
	if got := h.code(in); got != "NotImplemented" {
		t.Errorf("customer keys: %q", got)
	}
	if out := must[api.HeadObjectOutput](h, &api.HeadObjectInput{Bucket: new("bucket"), Key: new("key")}); aws.Val(out.ServerSideEncryption) != "AES256" {
		t.Errorf("%+v", out)
	}
}

func TestObjectACLs(t *testing.T) {
	h := newHouse(t)
	h.bucket("closed", nil)
	h.bucket("listed", new(api.ObjectOwnershipObjectWriter))
	must[api.DeletePublicAccessBlockOutput](h, &api.DeletePublicAccessBlockInput{Bucket: new("listed")})
	for acl, want := range map[string]string{"bucket-owner-full-control": "", "private": "AccessControlListNotSupported", "public-read": "AccessControlListNotSupported"} {
		in := putInput("closed", "key", "body")
		in.ACL = &acl
		if got := h.code(in); got != want {
			t.Errorf("%s: %q, want %q", acl, got, want)
		}
	}
	in := putInput("listed", "key", "body")
	in.ACL, in.Tagging = new("public-read"), new("team=audit")
	must[api.PutObjectOutput](h, in)
	grants := func(key string) string {
		out := must[api.GetObjectAclOutput](h, &api.GetObjectAclInput{Bucket: new("listed"), Key: &key})
		var words []string
		for _, g := range out.Grants {
			words = append(words, *g.Permission+" "+aws.Val(g.Grantee.URI)+aws.Val(g.Grantee.ID))
		}
		return strings.Join(words, ", ")
	}
	me, all := "FULL_CONTROL "+s3.CanonicalUser(owner), "READ http://acs.amazonaws.com/groups/global/AllUsers"
	if got := grants("key"); got != me+", "+all {
		t.Errorf("grants %q", got)
	}
	// neither tags nor copies carry the list
	head := must[api.HeadObjectOutput](h, &api.HeadObjectInput{Bucket: new("listed"), Key: new("key")})
	tags := must[api.GetObjectTaggingOutput](h, &api.GetObjectTaggingInput{Bucket: new("listed"), Key: new("key")})
	if aws.Val(head.TagCount) != 1 || len(tags.TagSet) != 1 || *tags.TagSet[0].Key != "team" {
		t.Errorf("%d, %+v", aws.Val(head.TagCount), tags.TagSet)
	}
	must[api.DeleteObjectTaggingOutput](h, &api.DeleteObjectTaggingInput{Bucket: new("listed"), Key: new("key")})
	if got := grants("key"); got != me+", "+all {
		t.Errorf("grants after the tags went: %q", got)
	}
	must[api.CopyObjectOutput](h, &api.CopyObjectInput{Bucket: new("listed"), Key: new("copy"), CopySource: new("listed/key")})
	if got := grants("copy"); got != me {
		t.Errorf("grants of the copy: %q", got)
	}
	other := s3.CanonicalUser(stranger)
	must[api.PutObjectAclOutput](h, &api.PutObjectAclInput{Bucket: new("listed"), Key: new("copy"), GrantRead: new(`id="` + other + `"`)})
	if got := grants("copy"); got != "READ "+other {
		t.Errorf("grants that were set: %q", got)
	}
	must[api.PutObjectAclOutput](h, &api.PutObjectAclInput{Bucket: new("listed"), Key: new("copy"), ACL: new("private")})
	if got := grants("copy"); got != me {
		t.Errorf("grants that were taken back: %q", got)
	}
	if got := h.code(&api.GetObjectAclInput{Bucket: new("listed"), Key: new("nothing")}); got != "NoSuchKey" {
		t.Errorf("list of nothing: %q", got)
	}
}

func TestDefaultRetention(t *testing.T) {
	h := newHouse(t)
	must[api.CreateBucketOutput](h, &api.CreateBucketInput{Bucket: new("locked"), ObjectLockEnabledForBucket: new(true)})
	must[api.PutObjectLockConfigurationOutput](h, &api.PutObjectLockConfigurationInput{Bucket: new("locked"), ObjectLockConfiguration: &api.ObjectLockConfiguration{
		ObjectLockEnabled: new("Enabled"), Rule: &api.ObjectLockRule{DefaultRetention: &api.DefaultRetention{Mode: new("GOVERNANCE"), Days: new(int32(3))}}}})
	out := must[api.PutObjectOutput](h, putInput("locked", "key", "body"))
	r := must[api.GetObjectRetentionOutput](h, &api.GetObjectRetentionInput{Bucket: new("locked"), Key: new("key")})
	if want := h.now.AddDate(0, 0, 3); !r.Retention.RetainUntilDate.Equal(want) || *r.Retention.Mode != "GOVERNANCE" {
		t.Errorf("%+v", r.Retention)
	}
	del := &api.DeleteObjectInput{Bucket: new("locked"), Key: new("key"), VersionId: out.VersionId}
	if got := h.code(del); got != "AccessDenied" {
		t.Errorf("delete: %q", got)
	}
	del.BypassGovernanceRetention = new(true)
	must[api.DeleteObjectOutput](h, del)
	in := putInput("locked", "key", "body")
	in.ObjectLockMode, in.ObjectLockRetainUntilDate = new("COMPLIANCE"), new(h.now.Add(-time.Hour))
	if got := h.code(in); got != "InvalidArgument" {
		t.Errorf("retention in the past: %q", got)
	}
	h.bucket("open", nil)
	in = putInput("open", "key", "body")
	in.ObjectLockLegalHoldStatus = new("ON")
	if got := h.code(in); got != "InvalidRequest" {
		t.Errorf("hold without object lock: %q", got)
	}
}

func TestEncodedListings(t *testing.T) {
	h := newHouse(t)
	h.bucket("bucket", nil)
	for _, key := range []string{"a b/ü", "a b/\x01", "c+d"} {
		must[api.PutObjectOutput](h, putInput("bucket", key, ""))
	}
	out := must[api.ListObjectsV2Output](h, &api.ListObjectsV2Input{Bucket: new("bucket"), EncodingType: new("url"), Prefix: new("a b/"), FetchOwner: new(true)})
	if len(out.Contents) != 2 || *out.Contents[0].Key != "a+b/%01" || *out.Contents[1].Key != "a+b/%C3%BC" || *out.Prefix != "a+b/" ||
		*out.Contents[0].Owner.ID != s3.CanonicalUser(owner) {
		t.Errorf("%+v", out)
	}
	v1 := must[api.ListObjectsOutput](h, &api.ListObjectsInput{Bucket: new("bucket"), EncodingType: new("url"), Delimiter: new("/")})
	if len(v1.CommonPrefixes) != 1 || *v1.CommonPrefixes[0].Prefix != "a+b/" || *v1.Contents[0].Key != "c%2Bd" {
		t.Errorf("%+v", v1)
	}
	if got := h.code(&api.ListObjectsInput{Bucket: new("bucket"), MaxKeys: new(int32(-1))}); got != "InvalidArgument" {
		t.Errorf("negative limit: %q", got)
	}
}

func FuzzParseCopySource(f *testing.F) {
	for _, s := range []string{"b/k", "/b/k", "b/a%20b?versionId=x", "b/k?x", "b", "b/%zz", "b//k", "b/%2Bplus+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		source, err := s3.ParseCopySource(s)
		if err != nil {
			if aws.CodeOf(err) != "InvalidArgument" {
				t.Fatal(err)
			}
			return
		}
		again, err := s3.ParseCopySource(source.String())
		if err != nil || again != source {
			t.Fatalf("%q is %+v, written %q, which is %+v, %v", s, source, source.String(), again, err)
		}
	})
}
