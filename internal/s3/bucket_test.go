package s3

import (
	"errors"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func TestLocations(t *testing.T) {
	const (
		unspecified = "IllegalLocationConstraintException: The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."
		west        = "IllegalLocationConstraintException: The us-west-2 location constraint is incompatible for the region specific endpoint this request was sent to."
		home        = "IllegalLocationConstraintException: The us-east-1 location constraint is incompatible for the region specific endpoint this request was sent to."
		invalid     = "InvalidLocationConstraint: The specified location-constraint is not valid"
	)
	for _, test := range []struct{ endpoint, constraint, region, location, err string }{
		{"us-east-1", "", "us-east-1", "/bucket", ""},
		{"us-east-1", "us-west-2", "us-west-2", "http://bucket.s3.amazonaws.com/", ""},
		{"us-east-1", "EU", "eu-west-1", "http://bucket.s3.amazonaws.com/", ""},
		{"us-east-1", "us-east-1", "", "", invalid},
		{"us-east-1", "nowhere", "", "", invalid},
		{"us-east-2", "us-east-2", "us-east-2", "http://bucket.s3.amazonaws.com/", ""},
		{"eu-west-1", "EU", "eu-west-1", "http://bucket.s3.amazonaws.com/", ""},
		{"us-east-2", "", "", "", unspecified},
		{"us-east-2", "us-west-2", "", "", west},
		{"us-east-2", "us-east-1", "", "", home},
		{"us-east-2", "nowhere", "", "", invalid},
		{"private-1", "private-1", "private-1", "http://bucket.s3.amazonaws.com/", ""},
	} {
		t.Run(test.endpoint+"/"+test.constraint, func(t *testing.T) {
			h := newHouse(t)
			h.region = test.endpoint
			in := &api.CreateBucketInput{Bucket: new("bucket")}
			if test.constraint != "" {
				in.CreateBucketConfiguration = &api.CreateBucketConfiguration{LocationConstraint: &test.constraint}
			}
			if test.err != "" {
				h.fails(test.err, in)
				return
			}
			h.equal("answer", h.do(in), &api.CreateBucketOutput{Location: &test.location})
			located := h.do(&api.GetBucketLocationInput{Bucket: new("bucket")}).(*api.GetBucketLocationOutput)
			want := test.region
			if want == "us-east-1" {
				want = ""
			}
			h.equal("location", aws.Val(located.LocationConstraint), want)
			h.equal("head", h.do(&api.HeadBucketInput{Bucket: new("bucket")}),
				&api.HeadBucketOutput{BucketRegion: &test.region, AccessPointAlias: new(false)})
		})
	}
}

func TestCreateBucketRefusals(t *testing.T) {
	h := newHouse(t)
	h.region = aws.GlobalRegion
	h.make("mine")
	h.make("mine") // again, in the oldest region
	h.region = "us-east-2"
	h.make("elsewhere")
	here := &api.CreateBucketConfiguration{LocationConstraint: &h.region}
	for _, test := range []struct {
		want string
		in   *api.CreateBucketInput
	}{
		{"InvalidBucketName: The specified bucket is not valid.", &api.CreateBucketInput{Bucket: new("No"), CreateBucketConfiguration: here}},
		{"BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it.",
			&api.CreateBucketInput{Bucket: new("elsewhere"), CreateBucketConfiguration: here}},
		{"BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it.",
			&api.CreateBucketInput{Bucket: new("mine"), CreateBucketConfiguration: here}},
		{"InvalidBucketAclWithObjectOwnership: Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
			&api.CreateBucketInput{Bucket: new("new"), CreateBucketConfiguration: here, ACL: new("public-read")}},
		{"InvalidBucketAclWithBlockPublicAccess: Bucket cannot have public ACLs set with BlockPublicAccess enabled",
			&api.CreateBucketInput{Bucket: new("new"), CreateBucketConfiguration: here, ACL: new("public-read"), ObjectOwnership: new("ObjectWriter")}},
	} {
		h.fails(test.want, test.in)
	}
	h.caller = rootOf(stranger)
	h.fails("BucketAlreadyExists: The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again",
		&api.CreateBucketInput{Bucket: new("mine"), CreateBucketConfiguration: here})
	if h.plane.buckets["new"] != nil {
		t.Error("a refused call made a bucket")
	}
}

// A change that failed after the data plane was changed can be made again.
func TestCrashBetween(t *testing.T) {
	h := newHouse(t)
	h.plane.buckets["bucket"] = map[string][]byte{}
	h.do(&api.CreateBucketInput{Bucket: new("bucket"), ObjectLockEnabledForBucket: new(true),
		CreateBucketConfiguration: &api.CreateBucketConfiguration{LocationConstraint: &h.region}})
	if !h.plane.called("PutBucketVersioning") {
		t.Error("versions of a bucket that was there were not enabled")
	}
	delete(h.plane.buckets, "bucket")
	h.do(&api.DeleteBucketInput{Bucket: new("bucket")})
	h.fails("NoSuchBucket: The specified bucket does not exist", &api.HeadBucketInput{Bucket: new("bucket")})

	h.plane.fail = errors.New("broken")
	in := &api.CreateBucketInput{Bucket: new("other"), CreateBucketConfiguration: &api.CreateBucketConfiguration{LocationConstraint: &h.region}}
	if _, err := h.call(in); err == nil {
		t.Error("a bucket was made without a data plane")
	}
	h.plane.fail = nil
	h.fails("NoSuchBucket: The specified bucket does not exist", &api.HeadBucketInput{Bucket: new("other")})
}

func TestDeleteBucket(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.plane.buckets["bucket"]["key"] = nil
	h.fails("BucketNotEmpty: The bucket you tried to delete is not empty", &api.DeleteBucketInput{Bucket: new("bucket")})
	h.do(&api.PutBucketVersioningInput{Bucket: new("bucket"), VersioningConfiguration: &api.VersioningConfiguration{Status: new("Enabled")}})
	h.fails("BucketNotEmpty: The bucket you tried to delete is not empty. You must delete all versions in the bucket.", &api.DeleteBucketInput{Bucket: new("bucket")})
	h.do(&api.HeadBucketInput{Bucket: new("bucket")})
	delete(h.plane.buckets["bucket"], "key")
	h.do(&api.DeleteBucketInput{Bucket: new("bucket")})
	h.fails("NoSuchBucket: The specified bucket does not exist", &api.DeleteBucketInput{Bucket: new("bucket")})
	if h.plane.buckets["bucket"] != nil {
		t.Error("the data plane still has the bucket")
	}
}

func TestListBuckets(t *testing.T) {
	h := newHouse(t)
	h.region = aws.GlobalRegion
	for _, name := range []string{"delta", "alpha", "bravo", "charlie", "alphabet"} {
		h.make(name)
	}
	h.do(&api.CreateBucketInput{Bucket: new("west"), CreateBucketConfiguration: &api.CreateBucketConfiguration{LocationConstraint: new("us-west-2")}})
	h.caller = rootOf(stranger)
	h.make("foreign")
	h.caller = rootOf(owner)
	list := func(in *api.ListBucketsInput) (names string, out *api.ListBucketsOutput) {
		out = h.do(in).(*api.ListBucketsOutput)
		for _, b := range out.Buckets {
			names += *b.Name + " "
		}
		return strings.TrimSpace(names), out
	}
	names, out := list(&api.ListBucketsInput{})
	h.equal("all", names, "alpha alphabet bravo charlie delta west")
	h.equal("owner", out.Owner, &api.Owner{ID: new(CanonicalUser(owner))})
	if out.Buckets[0].BucketRegion != nil || out.Buckets[0].CreationDate == nil || len(*out.Owner.ID) != 64 {
		t.Errorf("bucket %+v", out.Buckets[0])
	}
	names, out = list(&api.ListBucketsInput{BucketRegion: new("us-west-2")})
	h.equal("in a region", names+" "+*out.Buckets[0].BucketRegion, "west us-west-2")
	names, out = list(&api.ListBucketsInput{Prefix: new("alpha"), MaxBuckets: new(int32(1))})
	h.equal("first page", names, "alpha")
	names, out = list(&api.ListBucketsInput{Prefix: new("alpha"), MaxBuckets: new(int32(1)), ContinuationToken: out.ContinuationToken})
	h.equal("second page", names, "alphabet")
	if out.ContinuationToken != nil {
		t.Error("a token after the last page")
	}
	h.fails("InvalidArgument: The continuation token provided is incorrect", &api.ListBucketsInput{ContinuationToken: new("%%")})
	h.caller = aws.Principal{}
	h.fails("AccessDenied: Access Denied", &api.ListBucketsInput{})
}

// Every operation that names a bucket asks whether there is one.
func TestNoSuchBucket(t *testing.T) {
	h := newHouse(t)
	for _, op := range api.API.Operations {
		if permissions[op.Name].unbound {
			continue
		}
		in := op.NewInput()
		setText(in, "Bucket", "nowhere")
		_, err := h.s.Access(h.begin(in), in)
		if aws.CodeOf(err) != "NoSuchBucket" {
			t.Errorf("%s: %v", op.Name, err)
		}
	}
}

func TestBucketSurvives(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.put("bucket", trailPolicy)
	h.reopen()
	out := h.do(&api.GetBucketPolicyInput{Bucket: new("bucket")}).(*api.GetBucketPolicyOutput)
	h.equal("policy", *out.Policy, trailPolicy)
	b, err := findBucket(h.store.View(), "bucket")
	if err != nil || b.Policy.Document() == nil || b.Ownership != "BucketOwnerEnforced" || b.Account != owner || b.Region != "us-east-2" {
		t.Errorf("bucket %+v, %v", b, err)
	}
}
