package wire_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/wire/api/iam"
	"github.com/orgtrail/orgtrail/internal/wire/api/logs"
	"github.com/orgtrail/orgtrail/internal/wire/api/organizations"
	"github.com/orgtrail/orgtrail/internal/wire/api/s3"
	"github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		svc          *wire.Service
		target, form string
		want         string
	}{
		{cloudtrail.API, "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.CreateTrail", "", "CreateTrail"},
		{cloudtrail.API, "CloudTrail_20131101.CreateTrail", "", "CreateTrail"},
		{cloudtrail.API, "CloudTrail_20131101.StartQuery", "", "UnknownOperationException: The operation StartQuery of AWS CloudTrail is not served here."},
		{cloudtrail.API, "CloudTrail_20131101.Nonsense", "", "UnknownOperationException: AWS CloudTrail has no operation Nonsense."},
		{cloudtrail.API, "Other_20131101.CreateTrail", "", `UnknownOperationException: The target "Other_20131101.CreateTrail" is not one of AWS CloudTrail.`},
		{cloudtrail.API, "", "", `UnknownOperationException: The target "" is not one of AWS CloudTrail.`},
		{organizations.API, "AWSOrganizationsV20161128.ListRoots", "", "ListRoots"},
		{iam.API, "", "Action=GetUser&Version=2010-05-08", "GetUser"},
		{iam.API, "", "Action=GetUser", "GetUser"},
		{iam.API, "", "Version=2010-05-08", "MissingAction: The request must contain the parameter Action"},
		{iam.API, "", "Action=GetUser&Version=2011-06-15", "InvalidAction: Could not find operation GetUser for version 2011-06-15"},
		{iam.API, "", "Action=Nonsense&Version=2010-05-08", "InvalidAction: Could not find operation Nonsense for version 2010-05-08"},
		{iam.API, "", "Action=ListDelegationRequests", "InvalidAction: The operation ListDelegationRequests of AWS Identity and Access Management is not served here"},
		{sts.API, "", "Action=%", "MalformedQueryString"},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		if c.target != "" {
			r.Header.Set("X-Amz-Target", c.target)
		}
		op, err := c.svc.Identify(&wire.Request{HTTP: r, Body: []byte(c.form)})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = op.Name
		}
		if got != c.want && !(err != nil && strings.HasPrefix(got, c.want+":")) {
			t.Errorf("%s%s: %s", c.target, c.form, got)
		}
	}
	get := &wire.Request{HTTP: httptest.NewRequest("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", nil)}
	if op, err := sts.API.Identify(get); err != nil || op.Name != "GetCallerIdentity" {
		t.Errorf("an action in the URL: %v", err)
	}
}

func TestEncodeResponse(t *testing.T) {
	ns := ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
	for _, c := range []struct {
		svc    *wire.Service
		op     string
		out    wire.Shape
		status int
		header string
		body   string
	}{
		{cloudtrail.API, "DeleteTrail", &cloudtrail.DeleteTrailOutput{}, 200, "Content-Type: application/x-amz-json-1.1", `{}`},
		{organizations.API, "DeleteOrganization", &organizations.DeleteOrganizationOutput{}, 200, "X-Amzn-Requestid: r-1", ``},
		{sts.API, "GetCallerIdentity", &sts.GetCallerIdentityOutput{Account: new("111111111111")}, 200, "Content-Type: text/xml",
			`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>111111111111</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`},
		{iam.API, "DeleteUser", &iam.DeleteUserOutput{}, 200, "",
			`<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></DeleteUserResponse>`},
		{iam.API, "ListGroupsForUser", &iam.ListGroupsForUserOutput{Groups: []iam.Group{}}, 200, "",
			`<ListGroupsForUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListGroupsForUserResult><Groups></Groups></ListGroupsForUserResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></ListGroupsForUserResponse>`},
		{s3.API, "CreateBucket", &s3.CreateBucketOutput{Location: new("/b")}, 200, "Location: /b", ``},
		{s3.API, "DeleteBucket", &s3.DeleteBucketOutput{}, 204, "x-amz-request-id: r-1", ``},
		{s3.API, "GetBucketLocation", &s3.GetBucketLocationOutput{}, 200, "", xmlDeclaration + `<LocationConstraint` + ns + `></LocationConstraint>`},
		{s3.API, "GetBucketLocation", &s3.GetBucketLocationOutput{LocationConstraint: new("us-east-2")}, 200, "Content-Type: application/xml",
			xmlDeclaration + `<LocationConstraint` + ns + `>us-east-2</LocationConstraint>`},
		{s3.API, "GetBucketPolicy", &s3.GetBucketPolicyOutput{Policy: new(`{"a":"<"}`)}, 200, "Content-Type: application/json", `{"a":"<"}`},
		{s3.API, "GetBucketVersioning", &s3.GetBucketVersioningOutput{}, 200, "", xmlDeclaration + `<VersioningConfiguration` + ns + `></VersioningConfiguration>`},
		{s3.API, "ListBuckets", &s3.ListBucketsOutput{Buckets: []s3.Bucket{{Name: new("b")}}, Owner: &s3.Owner{ID: new("o")}}, 200, "",
			xmlDeclaration + `<ListAllMyBucketsResult` + ns + `><Buckets><Bucket><Name>b</Name></Bucket></Buckets><Owner><ID>o</ID></Owner></ListAllMyBucketsResult>`},
		{s3.API, "GetPublicAccessBlock", &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &s3.PublicAccessBlockConfiguration{BlockPublicAcls: new(true)}}, 200, "",
			xmlDeclaration + `<PublicAccessBlockConfiguration` + ns + `><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`},
		{s3.API, "GetObject", &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader("part")), ContentLength: new(int64(4)), ContentRange: new("bytes 0-3/9"), Metadata: map[string]string{"k": "v"}},
			206, "x-amz-meta-k: v", `part`},
		{s3.API, "DeleteObject", &s3.DeleteObjectOutput{DeleteMarker: new(true)}, 204, "x-amz-delete-marker: true", ``},
	} {
		w := httptest.NewRecorder()
		if err := wire.EncodeResponse(w, c.svc.Operation(c.op), c.out, "r-1"); err != nil {
			t.Errorf("%s: %v", c.op, err)
		}
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s: %d %s\nwant %d %s", c.op, w.Code, w.Body, c.status, c.body)
		}
		wantHeader(t, c.op, w.Header(), c.header)
	}
}

// wantHeader looks for a header by the very letters it goes out with.
func wantHeader(t *testing.T, what string, h http.Header, want string) {
	t.Helper()
	if name, value, ok := strings.Cut(want, ": "); ok && (len(h[name]) != 1 || h[name][0] != value) {
		t.Errorf("%s: no header %s in %v", what, want, h)
	}
}

func TestEncodeError(t *testing.T) {
	denied := aws.Errorf(aws.AccessDenied, "no <way>")
	failure := aws.Errorf(aws.InternalFailure, "oops")
	for _, c := range []struct {
		svc    *wire.Service
		e      *aws.Error
		status int
		body   string
	}{
		{cloudtrail.API, denied, 400, `{"__type":"AccessDeniedException","Message":"no <way>"}`},
		{cloudtrail.API, failure, 500, `{"__type":"InternalFailure","Message":"oops"}`},
		{cloudtrail.API, aws.Errorf("TrailNotFoundException", "x"), 400, `{"__type":"TrailNotFoundException","Message":"x"}`},
		{organizations.API, aws.Errorf("InvalidInputException", `"`).With("Reason", "INVALID_ENUM"), 400, `{"__type":"InvalidInputException","Message":"\"","Reason":"INVALID_ENUM"}`},
		{logs.API, aws.Errorf("MalformedQueryException", "m").WithShape("queryCompileError", &logs.QueryCompileError{
			Location: &logs.QueryCompileErrorLocation{StartCharOffset: new(int32(3)), EndCharOffset: new(int32(5))}, Message: new(`a "b"`),
		}).With("More", "x"), 400, `{"__type":"MalformedQueryException","Message":"m","queryCompileError":{"location":{"startCharOffset":3,"endCharOffset":5},"message":"a \"b\""},"More":"x"}`},
		{organizations.API, aws.Errorf("ServiceException", ""), 500, `{"__type":"ServiceException","Message":""}`},
		{iam.API, aws.Errorf("NoSuchEntity", "n"), 404,
			`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>n</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`},
		{sts.API, failure, 500,
			`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>oops</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`},
		{sts.API, denied, 403, ``},
		{s3.API, denied, 403, xmlDeclaration + `<Error><Code>AccessDenied</Code><Message>no &lt;way&gt;</Message><Resource>/b/k</Resource><RequestId>r-1</RequestId><HostId>ci0x</HostId></Error>`},
		{s3.API, aws.Errorf("NoSuchBucket", "").With("BucketName", "b"), 404,
			xmlDeclaration + `<Error><Code>NoSuchBucket</Code><Message>NoSuchBucket</Message><BucketName>b</BucketName><Resource>/b/k</Resource><RequestId>r-1</RequestId><HostId>ci0x</HostId></Error>`},
		{s3.API, failure, 500, xmlDeclaration + `<Error><Code>InternalError</Code><Message>oops</Message><Resource>/b/k</Resource><RequestId>r-1</RequestId><HostId>ci0x</HostId></Error>`},
		{nil, denied, 403, xmlDeclaration + `<Error><Code>AccessDenied</Code><Message>no &lt;way&gt;</Message><Resource>/b/k</Resource><RequestId>r-1</RequestId><HostId>ci0x</HostId></Error>`},
	} {
		w := httptest.NewRecorder()
		wire.EncodeError(w, c.svc, c.e, "r-1", "/b/k")
		if w.Code != c.status || c.body != "" && w.Body.String() != c.body {
			t.Errorf("%v: %d %s\nwant %d %s", c.e, w.Code, w.Body, c.status, c.body)
		}
	}
	w := httptest.NewRecorder()
	wire.EncodeError(w, s3.API, aws.Errorf("NotModified", ""), "r-1", "")
	if w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("not modified: %d %s", w.Code, w.Body)
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		svc    *wire.Service
		code   string
		status int
		record string
	}{
		{iam.API, "NoSuchEntity", 404, "NoSuchEntityException"},
		{iam.API, "EntityAlreadyExists", 409, "EntityAlreadyExistsException"},
		{iam.API, "ValidationError", 400, "ValidationError"},
		{iam.API, "AccessDenied", 403, "AccessDenied"},
		{sts.API, "ExpiredToken", 403, "ExpiredToken"},
		{sts.API, "RegionDisabledException", 403, "RegionDisabledException"},
		{cloudtrail.API, "ThrottlingException", 400, "ThrottlingException"},
		{cloudtrail.API, "NeverHeardOf", 400, "NeverHeardOf"},
		{organizations.API, "ServiceException", 500, "ServiceException"},
		{s3.API, "NoSuchKey", 404, "NoSuchKey"},
		{s3.API, "NoSuchTagSet", 404, "NoSuchTagSet"},
		{s3.API, "SlowDown", 503, "SlowDown"},
		{s3.API, "PermanentRedirect", 301, "PermanentRedirect"},
		{s3.API, "ExpiredToken", 400, "ExpiredToken"},
	} {
		if got := c.svc.Status(c.code); got != c.status {
			t.Errorf("%s %s: %d, want %d", c.svc.ID, c.code, got, c.status)
		}
		if got := c.svc.Exception(c.code); got != c.record {
			t.Errorf("%s %s in a record: %s, want %s", c.svc.ID, c.code, got, c.record)
		}
	}
}

// An answer that breaks off is an error, so that the connection can be closed.
func TestStreamBreaks(t *testing.T) {
	body := &breaking{}
	err := wire.EncodeResponse(httptest.NewRecorder(), s3.API.Operation("GetObject"), &s3.GetObjectOutput{Body: body}, "r")
	if err != io.ErrUnexpectedEOF || !body.closed {
		t.Errorf("%v, closed %v", err, body.closed)
	}
}

type breaking struct{ closed bool }

func (*breaking) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (b *breaking) Close() error           { b.closed = true; return nil }
