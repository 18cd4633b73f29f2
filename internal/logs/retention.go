package logs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// retentions are the days for which events can be kept.
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// deliveryRetention is for how many days groups of class DELIVERY keep events.
const deliveryRetention = 2

// PutRetentionPolicy says for how long a group keeps events.
func (s *Service) PutRetentionPolicy(c *call.Call, in *api.PutRetentionPolicyInput) (*api.PutRetentionPolicyOutput, error) {
	if !slices.Contains(retentions, *in.RetentionInDays) {
		return nil, invalid("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %s", *in.RetentionInDays, strings.ReplaceAll(fmt.Sprint(retentions), " ", ", "))
	}
	return nil, edit(c, own(c, in.LogGroupName), func(g *LogGroup) *aws.Error { return g.retain(*in.RetentionInDays) })
}

// DeleteRetentionPolicy has a group keep events for ever.
func (s *Service) DeleteRetentionPolicy(c *call.Call, in *api.DeleteRetentionPolicyInput) (*api.DeleteRetentionPolicyOutput, error) {
	return nil, edit(c, own(c, in.LogGroupName), func(g *LogGroup) *aws.Error { return g.retain(0) })
}

func (g *LogGroup) retain(days int32) *aws.Error {
	if g.Class == api.LogGroupClassDelivery {
		return notOfClass(g, "Changing the retention")
	}
	g.RetentionDays = days
	return nil
}

// horizon is the time before which events of the group have expired, in Unix
// milliseconds; 0 when they never do.
func (g *LogGroup) horizon(now time.Time) int64 {
	if g.RetentionDays == 0 {
		return 0
	}
	return now.Add(-time.Duration(g.RetentionDays) * 24 * time.Hour).UnixMilli()
}

// Horizons tells of every group whose events expire, by its number, the time
// before which they have.
func Horizons(r store.Reader, now time.Time) map[int64]int64 {
	found := map[int64]int64{}
	for _, g := range logGroups.Scan(r, "") {
		if before := g.horizon(now); before > 0 {
			found[g.Number] = before
		}
	}
	return found
}
