package call

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Target is one permission that a call needs: an action on a resource.
type Target struct {
	Action   string // s3:PutObject
	Resource string // an ARN, or "*" where the action knows no resource
	// Called is what a refusal calls the resource; "" is its ARN.
	Called string
	// Owner is the account that owns the resource; "" means the caller's.
	Owner string
	// AWSManaged says that the resource is a service's and only lies in the
	// owner's account, as the key alias/aws/s3 does.
	AWSManaged bool
	// Policy is the resource's own policy, nil when it has none.
	Policy *policy.Attached
	// PolicyRequired says that nothing but the resource's own policy can
	// allow the action, as for role trust policies and KMS keys.
	PolicyRequired bool
	// Apart says that the service asks for this one itself while it runs,
	// because a refusal concerns a part of the call and not all of it, as
	// with the keys of one DeleteObjects.
	Apart bool
	// Context holds the condition keys that this action adds to the global
	// ones. Names are lower case.
	Context policy.Context
}

// NoPermission is what a service says of an operation whose permissions it
// does not know. Such an operation never runs.
func NoPermission(c *Call) error {
	return aws.Errorf(aws.InternalFailure, "no permission is known for %s", c.Operation.Name)
}
