package cloudtrail

import (
	"github.com/orgtrail/orgtrail/internal/aws"
)

// neighbours are the resources of other services that a trail may name. This
// house has no topics, keys and log groups, so that naming one is refused as
// naming one that does not exist; the empty string, which clears a member,
// is accepted.
type neighbours struct {
	topic, key, logGroup, role *string
}

func (n neighbours) checkSyntax() error {
	if t := aws.Val(n.topic); t != "" {
		if a, ok := aws.ParseARN(t); !topicName.MatchString(t) && (!ok || a.Service != "sns") {
			return aws.Errorf("InvalidSnsTopicNameException", "SNS topic name is not valid.")
		}
	}
	group, role := aws.Val(n.logGroup), aws.Val(n.role)
	switch {
	case group != "" && role == "":
		return aws.Errorf("InvalidCloudWatchLogsRoleArnException", "You must specify a role ARN as well as a log group.")
	case group == "" && role != "":
		return aws.Errorf("InvalidCloudWatchLogsLogGroupArnException", "You must specify a log group as well as a role ARN.")
	}
	return nil
}

func (n neighbours) check(t *Trail) error {
	switch {
	case aws.Val(n.topic) != "":
		return aws.Errorf("InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!")
	case aws.Val(n.key) != "":
		return aws.Errorf("KmsKeyNotFoundException", "KMS key %s does not exist or is not in the same region as S3 bucket %s.", *n.key, t.Bucket)
	case aws.Val(n.logGroup) != "":
		return aws.Errorf("CloudWatchLogsDeliveryUnavailableException", "CloudWatch Logs delivery is not available in this region.")
	}
	return nil
}
