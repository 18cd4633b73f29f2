package wire_test

import (
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/wire/api/iam"
	"github.com/orgtrail/orgtrail/internal/wire/api/organizations"
	"github.com/orgtrail/orgtrail/internal/wire/api/s3"
	"github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

func TestCheck(t *testing.T) {
	long := strings.Repeat("é", 65)
	for _, c := range []struct {
		in   wire.Shape
		want string
	}{
		{&cloudtrail.DescribeTrailsInput{}, ""},
		{&cloudtrail.CreateTrailInput{Name: new("t"), S3BucketName: new("b")}, ""},
		{&cloudtrail.CreateTrailInput{}, "ValidationException: 2 validation errors detected: Value null at 'name' failed to satisfy constraint: Member must not be null; Value null at 's3BucketName' failed to satisfy constraint: Member must not be null"},
		{&cloudtrail.PutEventSelectorsInput{TrailName: new("t"), EventSelectors: []cloudtrail.EventSelector{{}, {ReadWriteType: new("Some")}}},
			"ValidationException: 1 validation error detected: Value 'Some' at 'eventSelectors.2.member.readWriteType' failed to satisfy constraint: Member must satisfy enum value set: [ReadOnly, WriteOnly, All]"},
		{&cloudtrail.PutEventSelectorsInput{TrailName: new("t"), AdvancedEventSelectors: []cloudtrail.AdvancedEventSelector{{FieldSelectors: []cloudtrail.AdvancedFieldSelector{{Field: new("f"), Equals: []string{"x", ""}}}}}},
			"ValidationException: 1 validation error detected: Value '[x, ]' at 'advancedEventSelectors.1.member.fieldSelectors.1.member.equals' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: .+]"},
		{&iam.CreateUserInput{UserName: new("a b")}, `ValidationError: 1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`},
		{&iam.CreateUserInput{UserName: new("a"), Tags: []iam.Tag{{Key: new("k")}}}, "ValidationError: 1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"},
		{&iam.CreateRoleInput{RoleName: new(long), AssumeRolePolicyDocument: new("{}")},
			`ValidationError: 2 validation errors detected: Value '` + long + `' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64; Value '` + long + `' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`},
		{&iam.ListUsersInput{MaxItems: new(int32(0))}, "ValidationError: 1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{&sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::111111111111:role/r"), RoleSessionName: new("ok"), DurationSeconds: new(int32(899))},
			"ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		{&organizations.CreateOrganizationInput{FeatureSet: new("SOME")}, "InvalidInputException: You specified an invalid value. INVALID_ENUM"},
		{&organizations.DescribeAccountInput{}, "InvalidInputException: You must specify a value for accountId. INPUT_REQUIRED"},
		{&organizations.DescribeAccountInput{AccountId: new("12")}, "InvalidInputException: You provided a value that does not match the required pattern. INVALID_PATTERN"},
		{&organizations.ListAccountsInput{MaxResults: new(int32(21))}, "InvalidInputException: You provided a value that is greater than the maximum value. MAX_VALUE_EXCEEDED"},
		{&organizations.CreateAccountInput{Email: new("a@b.cc"), AccountName: new("")}, "InvalidInputException: You provided a value that is shorter than the minimum length. MIN_LENGTH_EXCEEDED"},
		{&s3.PutBucketVersioningInput{Bucket: new("b"), VersioningConfiguration: &s3.VersioningConfiguration{Status: new("On")}},
			"MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"},
		{&s3.PutBucketVersioningInput{Bucket: new("b")}, "MissingRequestBodyError: Request Body is empty"},
		{&s3.PutObjectInput{Bucket: new("b"), Key: new("k"), ACL: new("mine")},
			"InvalidArgument: The value of x-amz-acl is not valid: Member must satisfy enum value set: [private, public-read, public-read-write, authenticated-read, aws-exec-read, bucket-owner-read, bucket-owner-full-control] x-amz-acl"},
		{&s3.CreateBucketInput{Bucket: new("b"), CreateBucketConfiguration: &s3.CreateBucketConfiguration{LocationConstraint: new("my-region-1")}}, ""},
	} {
		got := ""
		if err := wire.Check(operationOf(c.in), c.in); err != nil {
			e := err.(*aws.Error)
			got = strings.TrimSpace(e.Error() + " " + e.Field("Reason") + e.Field("ArgumentName"))
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in.Describe().Name, got, c.want)
		}
	}
}

// lists and maps of the kinds that no service served has yet.
type custom struct {
	Secret *string
	Limits map[string]string
}

var customStruct = &wire.Struct{Name: "Custom", Fields: []wire.Field{
	{Name: "Secret", Wire: "Secret", Type: &wire.Type{Kind: wire.String, Sensitive: true, Rule: upTo(4)}},
	{Name: "Limits", Wire: "Limits", Type: &wire.Type{Kind: wire.Map, Rule: upTo(2),
		Key:  &wire.Type{Kind: wire.String, Rule: upTo(3)},
		Item: &wire.Type{Kind: wire.String, Rule: upTo(3)}}},
}}

func upTo(n int64) *wire.Rule { return &wire.Rule{Size: &wire.Range{Min: 0, Max: n}} }

func (*custom) Describe() *wire.Struct { return customStruct }

func TestSentence(t *testing.T) {
	for _, c := range []struct {
		v    custom
		want string
	}{
		{custom{Secret: new("hunter2")}, "Value at 'secret' failed to satisfy constraint: Member must have length less than or equal to 4"},
		{custom{Limits: map[string]string{"aaaa": ""}}, "Value '{aaaa=}' at 'limits' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 3, Member must have length greater than or equal to 0]"},
		{custom{Limits: map[string]string{"b": "bbbb", "a": ""}}, "Value '{a=, b=bbbb}' at 'limits' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 3, Member must have length greater than or equal to 0]"},
		{custom{Limits: map[string]string{"a": "", "b": "", "c": ""}}, "Value '{a=, b=, c=}' at 'limits' failed to satisfy constraint: Member must have length less than or equal to 2"},
	} {
		if got := wire.Sentence(wire.Validate(&c.v)); got != "1 validation error detected: "+c.want {
			t.Errorf("got %s", got)
		}
	}
}

// A message does not grow with the input: it names the first broken rules and
// counts them all.
func TestLongSentence(t *testing.T) {
	in := &cloudtrail.PutEventSelectorsInput{TrailName: new("t"), EventSelectors: make([]cloudtrail.EventSelector, 1000)}
	for i := range in.EventSelectors {
		in.EventSelectors[i].ReadWriteType = new("Some")
	}
	got := wire.Sentence(wire.Validate(in))
	if !strings.HasPrefix(got, "1000 validation errors detected: ") || strings.Count(got, "failed to satisfy") != 20 || !strings.Contains(got, "eventSelectors.20.member") {
		t.Error(got)
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		source, yes, no string
	}{
		{`[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF]+`, "a é😀", "a\n"},
		{`a|b`, "a", "ab"},
		{`^\\u0041$`, `\u0041`, "A"},
		{`\d+`, "12", "12\n"},
		{`[\u0009\u000A\u000D]*`, "\t\n\r", " "},
	} {
		p := &wire.Pattern{Source: c.source}
		if !p.Match(c.yes) || p.Match(c.no) {
			t.Errorf("%s: %v %v", c.source, p.Match(c.yes), p.Match(c.no))
		}
	}
	alias := iam.API.Operation("CreateAccountAlias").Input.Fields[0].Type.Rule.Pattern
	for _, c := range []struct {
		s  string
		ok bool
	}{{"abc", true}, {"a-b-c", true}, {"a--b", false}, {"-ab", false}, {"ab-", false}, {"Abc", false}} {
		if alias.Match(c.s) != c.ok {
			t.Errorf("alias %s: %v", c.s, !c.ok)
		}
	}
}
