package cloudtrail

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

// ListPublicKeys lists the keys that verify the digests of the region of the
// call: those that were valid at some time between the two named, which are
// the present when they are not. All of them are one page, because that is as
// far as the AWS CLI reads.
func (s *Service) ListPublicKeys(c *call.Call, in *api.ListPublicKeysInput) (*api.ListPublicKeysOutput, error) {
	if in.NextToken != nil {
		return nil, aws.Errorf("InvalidTokenException", "The specified token is not valid.")
	}
	start, end := orNow(in.StartTime, c), orNow(in.EndTime, c)
	if start.After(end) {
		return nil, aws.Errorf("InvalidTimeRangeException", "The start time must not be later than the end time.")
	}
	out := &api.ListPublicKeysOutput{PublicKeyList: []api.PublicKey{}}
	for _, k := range s.Keys.PublicKeys(c.State, c.Region, start, end) {
		out.PublicKeyList = append(out.PublicKeyList, api.PublicKey{
			Value: k.Value, Fingerprint: &k.Fingerprint,
			ValidityStartTime: &k.From, ValidityEndTime: &k.Until,
		})
	}
	return out, nil
}

func orNow(t *time.Time, c *call.Call) time.Time {
	if t == nil {
		return c.Time
	}
	return *t
}
