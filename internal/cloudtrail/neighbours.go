package cloudtrail

import (
	"regexp"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// neighbours are the resources of other services that a trail is to use, as
// a call names them: nil leaves one as it is, "" takes it away.
type neighbours struct {
	topic, key, logGroup, role *string
}

// keyName is what a key may be called by: an id, or an alias.
var keyName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(alias/[A-Za-z0-9/_-]{1,250}|(mrk-)?[0-9a-f-]{32,36})$`)
})

// apply writes them into a trail, after the checks that ask nobody.
func (n neighbours) apply(c *call.Call, t *Trail) error {
	if n.topic != nil {
		arn, err := topicARN(c, *n.topic)
		if err != nil {
			return err
		}
		t.Topic, t.TopicName = arn, *n.topic
	}
	if n.key != nil {
		if err := checkKey(*n.key); err != nil {
			return err
		}
		t.Key = *n.key
	}
	set(&t.LogGroup, n.logGroup)
	set(&t.LogRole, n.role)
	switch {
	case t.LogGroup != "" && t.LogRole == "":
		return aws.Errorf("InvalidCloudWatchLogsRoleArnException", "You must specify a role ARN as well as a log group.")
	case t.LogGroup == "" && t.LogRole != "":
		return aws.Errorf("InvalidCloudWatchLogsLogGroupArnException", "You must specify a log group as well as a role ARN.")
	case n.logGroup != nil || n.role != nil:
		return t.checkLogs(c.Account())
	}
	return nil
}

// topicARN makes a topic's name whole: a bare one is of the caller's account
// in the region of the call.
func topicARN(c *call.Call, topic string) (string, error) {
	a, isARN := aws.ParseARN(topic)
	switch {
	case topic == "", isARN && a.Service == "sns" && a.Region != "" && aws.IsAccountID(a.Account) && topicName().MatchString(a.Resource):
		return topic, nil
	case topicName().MatchString(topic):
		return aws.NewARN("sns", c.Region, c.Account(), topic).String(), nil
	}
	return "", aws.Errorf("InvalidSnsTopicNameException", "SNS topic name is not valid.")
}

func checkKey(key string) error {
	name := key
	if a, ok := aws.ParseARN(key); ok && a.Service == "kms" && aws.IsAccountID(a.Account) {
		name = strings.TrimPrefix(a.Resource, "key/")
	}
	if key != "" && !keyName().MatchString(name) {
		return aws.Errorf("InvalidKmsKeyIdException", "The KMS key ID %s is not valid.", key)
	}
	return nil
}

// checkLogs makes sure that group and role are ARNs of such, in the account
// that configures the trail and, for the group, in the trail's home region.
func (t *Trail) checkLogs(account string) error {
	if t.LogGroup == "" {
		return nil
	}
	group, ok := aws.ParseARN(t.LogGroup)
	if !ok || group.Service != "logs" || group.Account != account || group.Region != t.Region || !strings.HasPrefix(group.Resource, "log-group:") {
		return noLogGroup()
	}
	role, ok := aws.ParseARN(t.LogRole)
	if !ok || role.Service != "iam" || role.Account != account || !strings.HasPrefix(role.Resource, "role/") {
		return untrusted()
	}
	return nil
}

func noLogGroup() error {
	return aws.Errorf("InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN.")
}

func untrusted() error {
	return aws.Errorf("InvalidCloudWatchLogsRoleArnException", "Access denied. Check the trust relationships for your role.")
}

// probeTopic asks the topic's policy.
func (s *Service) probeTopic(c *call.Call, t *Trail) error {
	if t.Topic == "" || s.Topics.Probe(c.State, t.Topic, s.Source(c.State, t), c.Time) == nil {
		return nil
	}
	return aws.Errorf("InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!")
}

// probeKey resolves the key, which a caller may name in several ways, and
// asks it for the folder that files will be encrypted in.
func (s *Service) probeKey(c *call.Call, t *Trail) error {
	if t.Key == "" {
		return nil
	}
	name := t.Key
	arn, err := s.TrailKeys.Probe(c, name, t.Bucket, t.folder(t.layout()), s.Source(c.State, t))
	if arn != "" {
		t.Key = arn
	}
	switch {
	case err == nil:
		return nil
	case err.Code == "NotFoundException":
		return aws.Errorf("KmsKeyNotFoundException", "KMS key %s does not exist or is not in the same region as S3 bucket %s.", name, t.Bucket)
	case err.Code == aws.AccessDenied:
		return aws.Errorf("InsufficientEncryptionPolicyException", "Insufficient permissions to access S3 bucket %s or KMS key %s.", t.Bucket, arn)
	}
	return aws.Errorf("KmsException", "KMS key %s is not available.", name)
}

// probeLogs asks whether the caller may give the role away, assumes it, and
// asks whether it may write the stream of the trail's owner.
func (s *Service) probeLogs(c *call.Call, t *Trail, n neighbours) error {
	if t.LogGroup == "" {
		return nil
	}
	if aws.Val(n.role) != "" {
		pass := call.Target{Action: "iam:PassRole", Resource: t.LogRole, Context: policy.Context{}}
		pass.Context.Set("iam:PassedToService", ServicePrincipal)
		if err := c.Allow(pass); err != nil {
			return err
		}
	}
	if !s.Logs.Exists(c.State, t.LogGroup) {
		return noLogGroup()
	}
	from := s.Source(c.State, t)
	if s.Logs.Assume(c.State, t.LogRole, from, c.Time) != nil {
		return untrusted()
	}
	if s.Logs.Permits(c.State, t.LogRole, t.LogGroup, t.Stream(t.Account), from, c.Time) != nil {
		return aws.Errorf("InvalidCloudWatchLogsLogGroupArnException", "Access denied. Check the permissions for your role.")
	}
	return nil
}

// Stream is the log stream that records of an account go to.
func (t *Trail) Stream(account string) string {
	stream := account + "_CloudTrail_" + t.Region
	if t.Organization != "" {
		stream = t.Organization + "_" + stream
	}
	return stream
}

// layout is the part of keys between AWSLogs/ and /CloudTrail/ for files of
// the owner's own account.
func (t *Trail) layout() string {
	if t.Organization != "" {
		return t.Organization + "/" + t.Account
	}
	return t.Account
}
