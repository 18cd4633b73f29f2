package advice

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lint reads and judges a document.
func lint(t testing.TB, kind Kind, text string) []Finding {
	t.Helper()
	p, err := Read([]byte(text), kind, "")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p.Lint()
}

// document is one of statements.
func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",\n") + `]}`
}

// Each statement has exactly the findings that are listed: severity, rule, and
// what the text contains.
func TestLint(t *testing.T) {
	const (
		zoe     = `"Principal":{"AWS":"arn:aws:iam::111111111111:user/zoe"}`
		trail   = `"Principal":{"Service":"cloudtrail.amazonaws.com"}`
		objects = `"Resource":"arn:aws:s3:::my-bucket/*"`
	)
	with := func(condition string) string {
		return `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{` + condition + `}}`
	}
	for _, c := range []struct {
		kind      Kind
		statement string
		want      []string
	}{
		// Actions.
		{Identity, `{"Effect":"Allow","Action":["*","S3:getobject","iam:PassRole","sts:TagSession","ec2:RunInstances","s3:Get*Acl","iam:*"],"Resource":"*"}`, nil},
		{Identity, `{"Effect":"Allow","Action":"s3:PutObjet","Resource":"*"}`, []string{"error action did you mean s3:PutObject?"}},
		{Identity, `{"Effect":"Allow","Action":"cloudtrail:StopTrailLogging","Resource":"*"}`, []string{"error action is no action of CloudTrail"}},
		{Identity, `{"Effect":"Deny","Action":"organizations:Leave?Organization","Resource":"*"}`, []string{"error action matches no action of Organizations"}},
		{Identity, `{"Effect":"Allow","Action":"s3:HeadObject","Resource":"*"}`, []string{"error action needs s3:GetObject"}},
		{Identity, `{"Effect":"Allow","Action":"ec2:Run Instances","Resource":"*"}`, []string{"error action is no action: it takes"}},
		{Identity, `{"Effect":"Allow","NotAction":["iam:*"],"Resource":"*"}`, []string{"warning broad Allow with NotAction"}},
		{Identity, `{"Effect":"Deny","NotAction":["iam:*"],"Resource":"*"}`, nil},

		// Resources.
		{Identity, `{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*","arn:*:s3:::*","arn:aws:s3:us-east-2:111111111111:accesspoint/p/object/*","arn:aws:s3:::${aws:username}/*"]}`, nil},
		{Identity, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3::my-bucket/key"}`, []string{"error refused", "error resource is no ARN"}},
		{Identity, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3::*"}`, []string{"error refused"}},
		{Identity, `{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:us-east-2:1111111111:t"}`, []string{"error resource account 1111111111 has 10 digits"}},
		{Identity, `{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:useast2:111111111111:t"}`, []string{`error resource "useast2" is no region`}},
		{Identity, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/AWSLogs/ou-abcd-12345678/*"}`, []string{"warning resource is an organizational unit"}},
		{Identity, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/AWSLogs/111111111111"}`, []string{"warning resource is one object"}},
		{Identity, `{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/AWSLogs/*","arn:aws:s3:::b/AWSLogs/o-exampleorgid/111111111111/*"]}`, nil},
		{Identity, `{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::b/*"}`, []string{"warning broad NotResource"}},

		// Actions and resources that do not fit.
		{Identity, `{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::*"}`, nil},
		{Identity, `{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::b"}`, []string{"error never-matches its resource is *"}},
		{Identity, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:sns:us-east-2:111111111111:t"}`, []string{"error never-matches is not done to resources of sns"}},
		{Identity, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111111111111:role/r"}`, nil},
		{Identity, `{"Effect":"Allow","Action":["sns:Publish","sqs:SendMessage"],"Resource":"arn:aws:sns:us-east-2:111111111111:t"}`, []string{"warning never-matches no resource here is one for sqs:SendMessage"}},
		{Identity, `{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b/*"}`, []string{"warning never-matches no resource here is one for s3:ListBucket"}},
		{Identity, `{"Effect":"Allow","Action":"autoscaling:*","Resource":"arn:aws:ec2:us-east-2:111111111111:instance/i"}`, nil},

		// Principals.
		{Bucket, `{"Effect":"Allow","Principal":{"AWS":["111111111111","arn:aws:iam::111111111111:root","arn:aws:sts::111111111111:assumed-role/r/s","arn:aws:sts::111111111111:federated-user/f","arn:aws:iam::111111111111:role/a/b"]},"Action":"s3:GetObject",` + objects + `}`, nil},
		{Bucket, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/*"},"Action":"s3:GetObject",` + objects + `}`, []string{"error refused", "error principal no wildcards within a principal"}},
		{Trust, `{"Effect":"Allow","Principal":{"AWS":"zoe"},"Action":"sts:AssumeRole"}`, []string{"error refused", `error principal "zoe" is no account id`}},
		{Trust, `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`, []string{"warning broad lets in everyone"}},
		{Trust, `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}}`, nil},
		{Trust, `{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:o/r:*"}}}`, nil},
		{Bucket, `{"Effect":"Allow","NotPrincipal":{"AWS":"111111111111"},"Action":"s3:GetObject",` + objects + `}`, []string{"error refused", "warning broad NotPrincipal"}},
		{Identity, `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",` + objects + `}`, []string{"error refused", "error principal must not", "warning broad"}},
		{Bucket, `{"Effect":"Allow",` + trail + `,"Action":"s3:PutObject",` + objects + `}`, []string{"note confused-deputy aws:SourceArn"}},
		{Resource, `{"Effect":"Allow",` + trail + `,"Action":"kms:GenerateDataKey*","Resource":"*"}`, nil},
		{Bucket, `{"Effect":"Deny","Principal":"*","Action":"s3:*",` + objects + `,"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}}`, []string{"warning broad denies AWS services"}},
		{Bucket, `{"Effect":"Deny","Principal":"*","Action":"s3:*",` + objects + `,"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`, nil},
		{Bucket, `{"Effect":"Deny","Principal":"*","Action":"s3:*",` + objects + `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, nil},
		{SCP, `{"Effect":"Deny","Action":"cloudtrail:Stop*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Security"}}}`, nil},
		{RCP, `{"Effect":"Deny","Principal":{"AWS":"111111111111"},"Action":"*","Resource":"*"}`, []string{"error refused", "error refused is about everyone"}},

		// Conditions.
		{Identity, with(`"StringEquals":{"aws:PrincipalOrganizationID":"o"}`), []string{"error condition is no condition key"}},
		{Identity, with(`"StringEquals":{"aws:SourceVpcs":"vpc"}`), []string{"error condition did you mean aws:sourcevpc?"}},
		{Identity, with(`"StringEquals":{"sourceArn":"x"}`), []string{"error condition is no condition key: it takes"}},
		{Identity, with(`"StringEquals":{"s3:RequestObjectTag/team":"red","aws:PrincipalTag/team":"red","kms:ViaService":"s3"}`), nil},
		{Identity, with(`"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}`), []string{"error never-matches no action here has the key"}},
		{Identity, with(`"StringNotEquals":{"iam:PassedToService":"ec2.amazonaws.com"}`), []string{"warning condition is always true"}},
		{Identity, with(`"StringEquals":{"s3:prefix":"home/"}`), []string{"error never-matches no action here has the key s3:prefix"}},
		{Identity, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/team":"red"},"Bool":{"sts:RoleAuthorizedByIdp":"true"}}}`, nil},
		{Identity, with(`"StringEquals":{"aws:username":"dev-*"}`), []string{"warning condition StringLike knows wildcards"}},
		{Identity, with(`"StringEquals":{"aws:username":"${*}"}`), nil},
		{Identity, with(`"NumericLessThan":{"aws:MultiFactorAuthAge":"one hour"}`), []string{"error condition is not a number"}},
		{Identity, with(`"ArnLike":{"aws:PrincipalArn":"role/x"}`), []string{"error condition is not an ARN"}},
		{Identity, with(`"StringEquals":{"aws:username":[]}`), []string{"error never-matches no value of aws:username meets StringEquals []"}},
		{Identity, with(`"ForAnyValue:StringEquals":{"aws:TagKeys":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":"b"}`), nil},
		{Identity, with(`"Null":{"aws:TagKeys":"true"},"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}`), []string{"error never-matches"}},
		{Identity, with(`"StringEquals":{"aws:username":"zoe"},"StringNotEquals":{"aws:Username":["bob","zoe"]}`), []string{"error never-matches"}},
		{Bucket, `{"Effect":"Allow",` + trail + `,"Action":"s3:PutObject",` + objects + `,"Condition":{"StringEquals":{"aws:PrincipalArn":"x","aws:SourceArn":"y"}}}`, []string{"error never-matches the call of a service has no aws:PrincipalArn"}},
		{Bucket, `{"Effect":"Allow",` + zoe + `,"Action":"s3:PutObject",` + objects + `,"Condition":{"StringEquals":{"aws:PrincipalArn":"x"}}}`, nil},
	} {
		got := lint(t, c.kind, document(c.statement))
		ok := len(got) == len(c.want)
		for i := range min(len(got), len(c.want)) {
			want := strings.SplitN(c.want[i]+"  ", " ", 3)
			f := got[i]
			ok = ok && f.Severity.String() == want[0] && f.Rule == want[1] && strings.Contains(f.Text, strings.TrimSpace(want[2]))
		}
		if !ok {
			t.Errorf("%v %s:\n%v\nwant %q", c.kind, c.statement, got, c.want)
		}
	}
}

// What is found between statements.
func TestLintDocument(t *testing.T) {
	allow := func(sid, action string) string {
		return `{"Sid":"` + sid + `","Effect":"Allow","Action":` + action + `,"Resource":"*"}`
	}
	for _, c := range []struct {
		name string
		kind Kind
		text string
		want string
	}{
		{"equal Sids", Identity, document(allow("A", `"s3:*"`), allow("A", `"iam:*"`)),
			`[1: error: IAM refuses the policy: MalformedPolicyDocument: Statement IDs (SID) in a single policy must be unique. 2: error: statement 0 has the same Sid "A"]`},
		{"the same twice", Identity, document(allow("A", `["s3:Get*","s3:List*"]`), allow("B", `["S3:list*","s3:get*"]`)),
			`[2: warning: says what statement 0 says]`},
		{"everything denied", SCP, document(allow("A", `"s3:*"`), `{"Effect":"Deny","Action":"*","Resource":"*"}`),
			`[1: warning: allows nothing: statement 1 denies all of it]`},
		{"a service denied", SCP, document(`{"Effect":"Deny","Action":["iam:*","kms:Decrypt"],"Resource":"*"}`, allow("A", `["iam:Get*","iam:List*"]`), allow("B", `["iam:Get*","s3:*"]`)),
			`[2: warning: allows nothing: statement 0 denies all of it]`},
		{"denied on a condition", SCP, document(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"us-west-2"}}}`, allow("A", `"*"`)), `[]`},
		{"denied to somebody", Bucket, document(`{"Effect":"Deny","Principal":{"AWS":"111111111111"},"Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}`, `{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`), `[]`},
		{"no version", Bucket, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`,
			`[1: note: without "Version": "2012-10-17" the document is read as of 2008-10-17, which knows no variables]`},
		{"too long for a boundary", Boundary, document(allow("A", `"s3:Get`+strings.Repeat("*", 6200)+`"`)),
			`[1: error: 6300 characters without white space, and a permissions boundary takes 6144]`},
		{"too long for a managed policy", Identity, document(allow("A", `"s3:Get`+strings.Repeat("*", 6200)+`"`)),
			`[1: warning: 6300 characters without white space fit into the inline policies of a role alone: a managed policy takes 6144]`},
		{"too long for a bucket", Bucket, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}],"Version":"2012-10-17"}` + strings.Repeat("\n", 20480),
			`[1: error: S3 refuses the policy: PolicyTooLarge: Policy exceeds the maximum allowed document size. 1: error: 20626 bytes, and a bucket policy takes 20480]`},
		{"too long for an organization", SCP, document(allow("A", `"s3:Get*"`)) + strings.Repeat(" ", 5120),
			`[1: error: 5221 characters, and a policy of an organization takes 5120]`},
	} {
		if got := fmt.Sprint(lint(t, c.kind, c.text)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// AWS's own policies are the judge of what is known: every action and key of
// theirs exists. Some are longer than others may be.
func TestManagedPolicies(t *testing.T) {
	files, err := filepath.Glob("../iam/awsmanaged/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no policies", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var policy struct{ Document json.RawMessage }
		if err := json.Unmarshal(data, &policy); err != nil {
			t.Fatal(err)
		}
		for _, f := range lint(t, Identity, string(policy.Document)) {
			if f.Rule != ruleSize && f.Severity == Error {
				t.Errorf("%s: %v", file, f)
			}
		}
	}
}

func TestGuessKind(t *testing.T) {
	for text, want := range map[string]Kind{
		document(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`):                                                       Identity,
		document(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}`):                        Bucket,
		document(`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:s3:::b/*"}`):                            Bucket,
		document(`{"Effect":"Allow","Principal":"*","Action":"STS:AssumeRole"}`):                                            Trust,
		document(`{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}`):                                      Resource,
		document(`{"Effect":"Allow","Principal":"*","Action":"SNS:Publish","Resource":"arn:aws:sns:us-east-2:1111:topic"}`): Resource,
	} {
		if got, ok := GuessKind([]byte(text)); !ok || got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if _, ok := GuessKind([]byte("{")); ok {
		t.Error("guessed what is no policy")
	}
}

func TestNearest(t *testing.T) {
	names := []string{"GetObject", "PutObject", "GetObjectAcl"}
	for name, want := range map[string]string{
		"GetObjet": "GetObject", "getobject": "GetObject", "PuttObject": "PutObject", "GetObjectAkl": "GetObjectAcl",
		"Get": "", "DescribeInstances": "", "": "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// large is a document of n statements with something of everything in it.
func large(n int) string {
	statements := make([]string, n)
	for i := range statements {
		statements[i] = fmt.Sprintf(`{"Sid":"S%d","Effect":"%s","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:PutObject","s3:Put%d"],"Resource":"arn:aws:s3:::my-bucket/p/AWSLogs/%012d/*","Condition":{"StringEquals":{"s3:x-amz-acl":"private","aws:SourceArn":"a%d"},"StringLike":{"aws:SourceArn":"b*"}}}`,
			i, []string{"Allow", "Deny"}[i%2], i, i, i)
	}
	return document(statements...)
}

// Ten times the statements take about ten times the time. Twenty-five leaves
// room for a busy machine and none for a square, which one attempt in several
// must show.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	judge := func(text string) time.Duration {
		start := time.Now()
		p, err := Read([]byte(text), Bucket, "my-bucket")
		if err != nil {
			t.Fatal(err)
		}
		p.Lint()
		if _, err := p.Meets(organizationTrail); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Amend(organizationTrail); err != nil {
			t.Fatal(err)
		}
		return time.Since(start)
	}
	few, many := large(1000), large(10_000)
	for attempt := range 6 {
		short, long := judge(few), judge(many)
		t.Logf("1,000 statements: %v; 10,000: %v", short, long)
		if long <= 25*short {
			return
		}
		if attempt == 5 {
			t.Errorf("1,000 statements take %v, 10,000 take %v", short, long)
		}
	}
}

func FuzzLint(f *testing.F) {
	f.Add(large(3), byte(Bucket))
	f.Add(document(`{"Effect":"Allow","Action":"*","Resource":"*"}`), byte(SCP))
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"*"},"NotAction":"s3:Get*","NotResource":"arn:aws:s3:::b/${aws:username, 'x'}/*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*","${*}"]},"Null":{"aws:username":true}}}}`, byte(Trust))
	f.Fuzz(func(t *testing.T, text string, kind byte) {
		p, err := Read([]byte(text), Kind(int(kind)%len(kinds)), "")
		if err != nil {
			if err.(*Unreadable).Findings[0].Line < 1 {
				t.Error("no line")
			}
			return
		}
		lines := 1 + strings.Count(text, "\n")
		for _, finding := range p.Lint() {
			if finding.Line < 1 || finding.Line > lines || finding.Text == "" {
				t.Errorf("%+v in %d lines", finding, lines)
			}
		}
		if _, err := p.Meets(organizationTrail); err != nil {
			return
		}
		amended, err := p.Amend(organizationTrail)
		if err != nil {
			t.Fatal(err)
		}
		q, err := Read(amended, p.Kind, "")
		if err != nil {
			t.Fatalf("amended: %v\n%s", err, amended)
		}
		again, _ := q.Meets(organizationTrail)
		for _, finding := range again {
			if finding.Rule == ruleNeedMissing || finding.Rule == ruleNeedDiffers {
				t.Errorf("amended: %v\n%s", finding, amended)
			}
		}
	})
}
