package sts

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// DecodeAuthorizationMessage reads what a service has hidden in a refusal. Of
// AWS's services EC2 alone hides anything, and it is none of this house; the
// others say in the open why they refuse. So no message that comes was made
// here, and every one is refused.
func (s *Service) DecodeAuthorizationMessage(*call.Call, *api.DecodeAuthorizationMessageInput) (*api.DecodeAuthorizationMessageOutput, error) {
	return nil, aws.Errorf("InvalidAuthorizationMessageException", "Message is not valid")
}
