package iam

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

var tagRules = tag.Rules{
	Repeated: func(string) *aws.Error {
		return invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	},
	Reserved: func(key string) *aws.Error {
		return invalidInput("Tag keys that begin with aws: are reserved for system use: %s", key)
	},
	TooMany: func() *aws.Error { return limitExceeded("The number of tags has reached the maximum limit.") },
	AnyCase: true,
}

// tagView is nil when there are none.
func tagView(t tag.Set) []api.Tag {
	if len(t) == 0 {
		return nil
	}
	return tag.Shapes[api.Tag](t)
}
