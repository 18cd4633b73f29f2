package sns

import "github.com/orgtrail/orgtrail/internal/call"

// topicType is the resource type of a topic in records.
const topicType = "AWS::SNS::Topic"

// note tells the record which topic the call is about, and whose it is.
func note(c *call.Call, n TopicName) {
	if c.Operation.DataType != "" {
		c.Resources = []call.Resource{{Account: n.Account, Type: topicType, ARN: n.ARN()}}
	}
	if n.Account != c.Account() {
		c.Owners = []string{n.Account}
	}
}
