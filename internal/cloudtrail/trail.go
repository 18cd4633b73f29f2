package cloudtrail

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
)

// Trail is the one stored form of a trail, in its home region.
type Trail struct {
	// ID names the trail in the journal. A trail created again under the
	// same name has another one, so that no record follows the name.
	ID string

	Name    string
	Account string // that owns it; the management account for an organization trail
	Region  string // its home

	Bucket        string
	Prefix        string `json:",omitempty"`
	IncludeGlobal bool
	MultiRegion   bool
	Validation    bool // log file validation
	// Organization is the id of the organization that the trail applies to,
	// or "".
	Organization string `json:",omitempty"`

	// Topic is the ARN of the topic that is told of files, TopicName what the
	// owner calls it; LogGroup takes the records through LogRole; Key
	// encrypts the files. All but TopicName are ARNs, "" where there is none.
	Topic     string `json:",omitempty"`
	TopicName string `json:",omitempty"`
	LogGroup  string `json:",omitempty"`
	LogRole   string `json:",omitempty"`
	Key       string `json:",omitempty"`

	Logging bool
	Started time.Time `json:",omitzero"`
	Stopped time.Time `json:",omitzero"`

	// Run is the last run of digests, lasting or not, and Validated are the
	// periods in which validation was on, in order: which digests there are,
	// and which files stand in them.
	Run       Run      `json:",omitzero"`
	Validated []Period `json:",omitempty"`

	Selectors Selectors
	Tags      tag.Set `json:",omitempty"`
}

// trails holds every trail under account/region/name.
var trails = store.NewKind("cloudtrail.trail",
	store.Index[Trail]{Name: "id", Keys: func(_ string, t *Trail) []string { return []string{t.ID} }},
	// An organization trail is found by its organization, others by their
	// account, so that routing meets each trail once.
	store.Index[Trail]{Name: "account", Keys: func(_ string, t *Trail) []string { return only(t.Organization == "", t.Account) }},
	store.Index[Trail]{Name: "logs", Keys: func(_ string, t *Trail) []string { return only(t.LogGroup != "", "any") }},
	store.Index[Trail]{Name: "organization", Keys: func(_ string, t *Trail) []string { return only(t.Organization != "", t.Organization) }},
)

// retired holds the deleted trails by id, because their last records are
// delivered after they are gone.
var retired = store.NewKind[Trail]("cloudtrail.retired")

func only(when bool, key string) []string {
	if when {
		return []string{key}
	}
	return nil
}

func trailKey(account, region, name string) string { return account + "/" + region + "/" + name }

func (t *Trail) key() string { return trailKey(t.Account, t.Region, t.Name) }

// ARN is the trail's name for everybody, members included.
func (t *Trail) ARN() string { return trailARN(t.Account, t.Region, t.Name) }

func trailARN(account, region, name string) string {
	return aws.NewARN("cloudtrail", region, account, "trail/"+name).String()
}

// covers reports whether the trail logs, and is seen in, a region.
func (t *Trail) covers(region string) bool { return t.MultiRegion || t.Region == region }

// put stores a changed copy of a trail.
func put(tx *store.Tx, t *Trail) { trails.Put(tx, t.key(), t) }

// retire takes a trail away and keeps what delivery needs for its last
// records.
func retire(tx *store.Tx, t *Trail) {
	trails.Delete(tx, t.key())
	retired.Put(tx, t.ID, t)
}

// AnyLogGroup reports whether any trail writes to a log group.
func AnyLogGroup(r store.Reader) bool {
	for range trails.By(r, "logs", "any") {
		return true
	}
	return false
}

// ByID finds a trail, deleted or not, by the id that the journal knows.
func ByID(r store.Reader, id string) (*Trail, bool) {
	for _, t := range trails.By(r, "id", id) {
		return t, true
	}
	return retired.Get(r, id)
}
