package advice

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Trail is a trail and where it delivers to.
type Trail struct {
	ARN          string // of the trail
	Bucket       string
	Prefix       string // of its keys before AWSLogs/
	Organization string // o-…, "" for the trail of an account
	LogGroup     string // ARN of its log group
}

// cloudTrail is who delivers.
const cloudTrail = "cloudtrail.amazonaws.com"

// need is one thing that a trail must be allowed, and the statement that AWS
// documents for it.
type need struct {
	what  string // put the log files of the organization
	asks  []ask
	grant grant
}

// ask is one request that the need consists of.
type ask struct {
	sid      string // of the documented statement
	what     string // put the log files of a member account
	request  policy.Request
	wants    string // the resource as the documented statement names it
	severity Severity
	probed   bool // CreateTrail and UpdateTrail ask it, too
}

// grant is a statement of a policy, as it is written into a document.
type grant struct {
	Sid       string                       `json:",omitempty"`
	Effect    string                       `json:""`
	Principal map[string]string            `json:",omitempty"`
	Action    string                       `json:""`
	Resource  any                          `json:",omitempty"`
	Condition map[string]map[string]string `json:",omitempty"`
}

var trailARN = regexp.MustCompile(`^arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:\d{12}:trail/[^/]+$`)

// needs returns what the trail needs of a policy of a kind. The error is
// about the trail.
func (t Trail) needs(kind Kind) ([]need, error) {
	switch {
	case t.ARN != "" && !trailARN.MatchString(t.ARN):
		return nil, fmt.Errorf("%s is not the ARN of a trail", t.ARN)
	case t.Organization != "" && !organizationID.MatchString(t.Organization):
		return nil, fmt.Errorf("organization: %s", noOwner(t.Organization))
	case t.ARN == "" && kind != Identity:
		return nil, fmt.Errorf("the ARN of the trail is missing")
	}
	switch kind {
	case Bucket:
		if t.Bucket == "" {
			return nil, fmt.Errorf("the name of the bucket is missing")
		}
		return t.bucketNeeds(), nil
	case Trust:
		return t.trustNeeds(), nil
	case Identity:
		return t.logNeeds()
	}
	return nil, fmt.Errorf("a trail needs nothing of %s", kind.Title())
}

// arn takes the trail's ARN apart.
func (t Trail) arn() aws.ARN {
	arn, _ := aws.ParseARN(t.ARN)
	return arn
}

// request is a call of CloudTrail on behalf of the trail.
func (t Trail) request(action, resource string) policy.Request {
	service := aws.ServicePrincipal(cloudTrail)
	arn := t.arn()
	ctx := policy.PrincipalContext(service, nil, time.Time{})
	ctx.Set("aws:SecureTransport", "true")
	ctx.Set("aws:RequestedRegion", arn.Region)
	ctx.Set("aws:ResourceAccount", arn.Account)
	ctx.Set("aws:SourceArn", t.ARN)
	ctx.Set("aws:SourceAccount", arn.Account)
	if t.Organization != "" {
		ctx.Set("aws:SourceOrgID", t.Organization)
	}
	return policy.Request{Principal: service, Action: action, Resource: resource, ResourceAccount: arn.Account, Context: ctx}
}

// memberAccount stands for the accounts of an organization whose ids nobody
// gave.
const memberAccount = "000000000000"

func (t Trail) bucketNeeds() []need {
	account := t.arn().Account
	bucket := "arn:aws:s3:::" + t.Bucket
	acl := t.request("s3:GetBucketAcl", bucket)
	acl.Context.Set("s3:ResourceAccount", account)
	const (
		readACL = "read the bucket's access control list"
		aclSid  = "AWSCloudTrailAclCheck20150319"
	)
	needs := []need{{
		readACL, []ask{{aclSid, readACL, acl, bucket, Error, true}},
		t.statement(aclSid, "s3:GetBucketAcl", bucket, nil),
	}, t.writeNeed("AWSCloudTrailWrite20150319", account, "account "+account, account)}
	if t.Organization != "" {
		needs = append(needs, t.writeNeed("AWSCloudTrailOrganizationWrite20150319", t.Organization, "the organization", account, memberAccount))
	}
	return needs
}

// logACL is what CloudTrail puts its files with.
const logACL = "bucket-owner-full-control"

// writeNeed is that CloudTrail may put the files of accounts below a folder.
func (t Trail) writeNeed(sid, folder, whose string, accounts ...string) need {
	root := "arn:aws:s3:::" + t.Bucket + "/"
	if prefix := strings.Trim(t.Prefix, "/"); prefix != "" {
		root += prefix + "/"
	}
	root += "AWSLogs/" + folder + "/"
	what := "put the log files of " + whose
	n := need{what: what, grant: t.statement(sid, "s3:PutObject", root+"*", map[string]string{"s3:x-amz-acl": logACL})}
	for i, account := range accounts {
		below, about := root, what
		if folder != account {
			below += account + "/"
		}
		if i > 0 {
			about = "put the log files of a member account"
		}
		region := t.arn().Region
		n.asks = append(n.asks,
			ask{sid, about, t.put(below + "CloudTrail/"), root + "*", Error, i == 0},
			ask{sid, about, t.put(below + "CloudTrail/" + region + "/2026/01/31/" + account + "_CloudTrail_" + region + "_20260131T0210Z_Mu0KsOhtH1ar15ZZ.json.gz"), root + "*", Error, false},
			ask{sid, strings.Replace(about, "log", "digest", 1), t.put(below + "CloudTrail-Digest/"), root + "*", Warning, false})
	}
	return n
}

func (t Trail) put(object string) policy.Request {
	r := t.request("s3:PutObject", object)
	r.Context.Set("s3:ResourceAccount", r.ResourceAccount)
	r.Context.Set("s3:x-amz-acl", logACL)
	r.Context.Set("s3:x-amz-server-side-encryption", "AES256")
	return r
}

// statement is one that lets CloudTrail do something for the trail.
func (t Trail) statement(sid, action, resource string, conditions map[string]string) grant {
	equal := map[string]string{"aws:SourceArn": t.ARN}
	for k, v := range conditions {
		equal[k] = v
	}
	return grant{
		Sid: sid, Effect: "Allow", Principal: map[string]string{"Service": cloudTrail}, Action: action, Resource: resource,
		Condition: map[string]map[string]string{"StringEquals": equal},
	}
}

func (t Trail) trustNeeds() []need {
	role := "arn:aws:iam::" + t.arn().Account + ":role/" + logRole
	const what = "assume the role"
	return []need{{
		what, []ask{{"", what, t.request("sts:AssumeRole", role), "", Error, true}},
		grant{Effect: "Allow", Principal: map[string]string{"Service": cloudTrail}, Action: "sts:AssumeRole"},
	}}
}

// logRole is the role that CloudTrail's console makes for log groups.
const logRole = "CloudTrail_CloudWatchLogs_Role"

// logNeeds are those of the role with which CloudTrail writes to the log
// group.
func (t Trail) logNeeds() ([]need, error) {
	name := strings.TrimSuffix(t.LogGroup, ":*")
	group, ok := aws.ParseARN(name)
	if !ok || group.Service != "logs" || !aws.IsAccountID(group.Account) || !strings.HasPrefix(group.Resource, "log-group:") {
		return nil, fmt.Errorf("%q is not the ARN of a log group", t.LogGroup)
	}
	account := group.Account
	if trail := t.arn(); t.ARN != "" {
		if trail.Region != group.Region {
			return nil, fmt.Errorf("the log group is in %s, and a trail writes to one in its home region, %s", group.Region, trail.Region)
		}
		account = trail.Account
	}
	own := name + ":log-stream:" + account + "_CloudTrail_" + group.Region
	resources := []string{own + "*"}
	streams := []string{own}
	if t.Organization != "" {
		resources = append(resources, name+":log-stream:"+t.Organization+"_*")
		streams = append(streams, name+":log-stream:"+t.Organization+"_"+memberAccount+"_CloudTrail_"+group.Region)
	}
	var needs []need
	for _, d := range []struct{ sid, action, what string }{
		{"AWSCloudTrailCreateLogStream20141101", "logs:CreateLogStream", "create the log streams of "},
		{"AWSCloudTrailPutLogEvents20141101", "logs:PutLogEvents", "write to the log streams of "},
	} {
		n := need{d.what + "the trail", nil, grant{Sid: d.sid, Effect: "Allow", Action: d.action, Resource: resources}}
		for i, stream := range streams {
			whose := "account " + account
			if i > 0 {
				whose = "the organization"
			}
			n.asks = append(n.asks, ask{d.sid, d.what + whose, roleRequest(group.Account, d.action, stream), resources[i], Error, true})
		}
		needs = append(needs, n)
	}
	return needs, nil
}

// roleRequest is a call of CloudTrail with the role.
func roleRequest(account, action, resource string) policy.Request {
	role := aws.NewARN("iam", "", account, "role/"+logRole).String()
	p := aws.Principal{
		Type: aws.AssumedRole, Account: account, ARN: aws.NewARN("sts", "", account, "assumed-role/"+logRole+"/CloudTrail").String(),
		Session: &aws.Session{IssuerType: aws.RoleIssuer, IssuerARN: role, IssuerName: logRole, Name: "CloudTrail"},
	}
	ctx := policy.PrincipalContext(p, nil, time.Time{})
	ctx.Set("aws:SecureTransport", "true")
	ctx.Set("aws:ResourceAccount", account)
	return policy.Request{Principal: p, Action: action, Resource: resource, ResourceAccount: account, Context: ctx}
}
