package server

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/saml/samltest"
)

// house is a server in which everything exists that a sample names.
type house struct {
	*testing.T
	server    *Server
	principal aws.Principal
	samples   map[string]string // by service:Operation.Member, service.Member or Member
	names     *strings.Replacer // what exists → how the page calls it
}

// newHouse starts a server and makes what the samples name.
func newHouse(t *testing.T) *house {
	s, p := startServer(t, func(c *Config) { c.Dev = true })
	c := newClient(t, p)
	h := &house{T: t, server: s, samples: make(map[string]string), principal: aws.Principal{
		Type: aws.IAMUser, Account: devAccount, ARN: "arn:aws:iam::" + devAccount + ":user/{caller}", ID: "AIDA", UserName: "{caller}",
	}}
	var names []string
	for _, furnish := range []func(*client) []string{h.organization, h.identities, h.buckets, h.keys, h.messages} {
		names = append(names, furnish(c)...)
	}
	h.names = strings.NewReplacer(append(names, devAccount, "{account}", "us-east-1", "{region}")...)
	return h
}

// sample adds samples to a service's, or to those of all when it is "".
func (h *house) sample(service string, samples map[string]string) {
	for member, sample := range samples {
		if service != "" {
			member = service + "." + member
		}
		h.samples[member] = sample
	}
}

// buckets makes a bucket and returns how the page calls it.
func (h *house) buckets(c *client) []string {
	h.Helper()
	const bucket = "a-bucket-of-this-house"
	c.must(c.s3(http.MethodPut, "/"+bucket, ""))
	h.sample("s3", map[string]string{
		"Bucket": bucket, "VersionId": "01J9Z3W8K5M2N7P4Q6R8S0T2V4", "CopySource": "/" + bucket + "/{SourceKey}",
		"ExpectedBucketOwner": devAccount, "ExpectedSourceBucketOwner": devAccount,
	})
	return []string{bucket, "{Bucket}"}
}

// identities makes a role that trusts identity providers, and returns how the
// page calls them.
func (h *house) identities(c *client) []string {
	h.Helper()
	idp, corp := newIDP(h.T), samltest.New(h)
	host := strings.TrimPrefix(idp.URL, "https://")
	const role, provider = "arn:aws:iam::" + devAccount + ":role/SampleRole", "arn:aws:iam::" + devAccount + ":saml-provider/corp"
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + devAccount + `:oidc-provider/` + host + `"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`
	for _, form := range []url.Values{
		{"Action": {"CreateOpenIDConnectProvider"}, "Url": {idp.URL}, "ClientIDList.member.1": {"app"}, "ThumbprintList.member.1": {idp.thumbprint()}},
		{"Action": {"CreateSAMLProvider"}, "Name": {"corp"}, "SAMLMetadataDocument": {corp.Metadata()}},
		{"Action": {"CreateRole"}, "RoleName": {"SampleRole"}, "AssumeRolePolicyDocument": {trust}},
		{"Action": {"EnableOrganizationsRootSessions"}},
	} {
		form.Set("Version", "2010-05-08")
		c.must(c.form("iam", form))
	}
	h.sample("", map[string]string{"RoleArn": role})
	h.sample("iam", map[string]string{
		"AWSServiceName": "cloudtrail.amazonaws.com", "RoleName": "SampleRole", "Path": "/", "PolicyArn": "arn:aws:iam::" + devAccount + ":policy/{PolicyName}",
		"DeletionTaskId": "task/aws-service-role/{AWSServiceName}/{RoleName}/{Id}",
	})
	h.sample("sts", map[string]string{
		"SerialNumber": absent, "TokenCode": absent, "WebIdentityToken": idp.token("ada"), "ProviderId": absent,
		"PrincipalArn": provider, "SAMLAssertion": corp.Answer(corp.Claims(time.Now(), role, provider)),
		"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy",
	})
	return []string{"SampleRole", "{RoleName}", host, "{Url}", "cloudtrail.amazonaws.com", "{AWSServiceName}", "AWSServiceRoleForCloudTrail", "AWSServiceRoleFor{Service}"}
}

// organization makes an organization that trusts IAM, with a unit, a policy, a
// member and an invitation, and returns how the page calls them.
func (h *house) organization(c *client) []string {
	h.Helper()
	var made struct {
		Organization, OrganizationalUnit, Handshake struct{ Id string }
		Roots                                       []struct{ Id string }
		CreateAccountStatus                         struct{ Id, AccountId string }
		Policy                                      struct{ PolicySummary struct{ Id string } }
	}
	call := func(operation, body string) {
		h.Helper()
		unmarshal(c, c.json("AWSOrganizationsV20161128."+operation, body), &made)
	}
	call("CreateOrganization", "{}")
	c.must(c.json("AWSOrganizationsV20161128.EnableAWSServiceAccess", `{"ServicePrincipal":"iam.amazonaws.com"}`))
	call("ListRoots", "{}")
	root := made.Roots[0].Id
	call("CreateOrganizationalUnit", `{"ParentId":"`+root+`","Name":"unit"}`)
	call("CreatePolicy", `{"Name":"p","Description":"","Type":"SERVICE_CONTROL_POLICY","Content":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"}`)
	call("CreateAccount", `{"AccountName":"member","Email":"m@example.com"}`)
	if err := h.server.organizations.Advance(h.Context()); err != nil {
		h.Fatal(err)
	}
	call("DescribeCreateAccountStatus", `{"CreateAccountRequestId":"`+made.CreateAccountStatus.Id+`"}`)
	const stranger = "333333333333"
	visitor := *c
	visitor.profile.AccessKeyID = stranger // --dev makes its account
	c.must(visitor.form("sts", url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}))
	call("InviteAccountToOrganization", `{"Target":{"Type":"ACCOUNT","Id":"`+stranger+`"}}`)

	unit, member, policy, handshake := made.OrganizationalUnit.Id, made.CreateAccountStatus.AccountId, made.Policy.PolicySummary.Id, made.Handshake.Id
	h.sample("organizations", map[string]string{
		"ParentId": unit, "OrganizationalUnitId": unit, "SourceParentId": unit, "DestinationParentId": root, "RootId": root,
		"ChildId": member, "AccountId": member, "TargetId": unit, "ResourceId": unit, "PolicyId": policy, "HandshakeId": handshake,
		"PolicyType": "SERVICE_CONTROL_POLICY", "Type": "SERVICE_CONTROL_POLICY",
	})
	h.sample("sts", map[string]string{"TargetPrincipal": member})
	return []string{made.Organization.Id, "{organization}", root, "{root}", unit, "{unit}", policy, "{PolicyId}", handshake, "{HandshakeId}", member, "{AccountId}"}
}

// make makes a call of JSON and reads its answer; a nil into expects none.
func (h *house) make(c *client, service, target, body string, into any) {
	h.Helper()
	header := http.Header{"Content-Type": {jsonType}, "X-Amz-Target": {target}}
	a := c.must(c.do(c.request(http.MethodPost, "/", service, header, []byte(body))))
	if into != nil {
		unmarshal(c, a, into)
	}
}

// keys makes a key with a grant and an alias, and returns how the page calls
// them.
func (h *house) keys(c *client) []string {
	h.Helper()
	var made struct {
		KeyMetadata struct{ KeyId string }
		GrantId     string
	}
	call := func(operation, body string) { h.make(c, "kms", "TrentService."+operation, body, &made) }
	call("CreateKey", "{}")
	key := made.KeyMetadata.KeyId
	call("CreateGrant", `{"KeyId":"`+key+`","GranteePrincipal":"`+aws.RootARN(devAccount)+`","Operations":["Decrypt"]}`)
	h.make(c, "kms", "TrentService.CreateAlias", `{"AliasName":"alias/sample","TargetKeyId":"`+key+`"}`, nil)
	for _, member := range []string{"KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId"} {
		h.samples["kms."+member] = key
	}
	for member, sample := range map[string]string{
		"GrantId": made.GrantId, "GrantToken": absent, "GrantTokens": absent, "CustomerMasterKeySpec": absent, "CustomKeyStoreId": absent, "XksKeyId": absent, "AliasName": "alias/sample",
		"KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyUsage": "ENCRYPT_DECRYPT", "Policy": absent,
	} {
		h.samples["kms."+member] = sample
	}
	return []string{key, "{KeyId}", "alias/sample", "{AliasName}"}
}

// messages makes a log group, queues, and a topic that one of them is
// subscribed to, and returns how the page calls them.
func (h *house) messages(c *client) []string {
	h.Helper()
	var queue struct{ QueueUrl, TaskHandle string }
	sqs := func(operation, body string) { h.make(c, "sqs", "AmazonSQS."+operation, body, &queue) }
	const dead, work = "arn:aws:sqs:us-east-1:" + devAccount + ":dead-queue", "arn:aws:sqs:us-east-1:" + devAccount + ":sample-queue"
	sqs("CreateQueue", `{"QueueName":"dead-queue"}`)
	sqs("CreateQueue", `{"QueueName":"sample-queue","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"`+dead+`\",\"maxReceiveCount\":1}"}}`)
	sqs("StartMessageMoveTask", `{"SourceArn":"`+dead+`"}`)
	var topic struct {
		CreateTopicResult struct{ TopicArn string }
		SubscribeResult   struct{ SubscriptionArn string }
	}
	unmarshal(c, c.form("sns", url.Values{"Action": {"CreateTopic"}, "Version": {"2010-03-31"}, "Name": {"sample-topic"}}), &topic)
	arn := topic.CreateTopicResult.TopicArn
	unmarshal(c, c.form("sns", url.Values{"Action": {"Subscribe"}, "Version": {"2010-03-31"}, "TopicArn": {arn}, "Protocol": {"sqs"}, "Endpoint": {work}}), &topic)
	h.make(c, "logs", "Logs_20140328.CreateLogGroup", `{"logGroupName":"sample-group"}`, nil)
	const group = "arn:aws:logs:us-east-1:" + devAccount + ":log-group:sample-group"
	for member, sample := range map[string]string{
		"sqs.QueueUrl": queue.QueueUrl, "sqs.QueueName": "sample-queue", "sqs:CreateQueue.QueueName": "{QueueName}", "sqs.SourceArn": dead, "sqs.DestinationArn": work,
		"sqs.TaskHandle": queue.TaskHandle, "sqs.QueueOwnerAWSAccountId": devAccount,
		"sns.TopicArn": arn, "sns.ResourceArn": arn, "sns.SubscriptionArn": topic.SubscribeResult.SubscriptionArn,
		"sns.PhoneNumber": absent, "sns.TargetArn": absent,
		"logs.logGroupName": "sample-group", "logs.resourceArn": group, "logs.logGroupIdentifier": absent, "logs.resourceIdentifier": absent,
		"logs:PutLogGroupDeletionProtection.logGroupIdentifier": "sample-group", "logs.logGroupNames": absent, "logs.logGroupIdentifiers": absent,
		"logs.logRecordPointer": base64.RawURLEncoding.EncodeToString([]byte(group + "\n" + segment.ID{}.String())),
	} {
		h.samples[member] = sample
	}
	subscription := topic.SubscribeResult.SubscriptionArn
	return []string{
		subscription[strings.LastIndexByte(subscription, ':')+1:], "{subscription}", "sample-topic", "{topic}",
		"sample-queue", "{queue}", "dead-queue", "{dead-letter queue}", "sample-group", "{logGroupName}",
	}
}
