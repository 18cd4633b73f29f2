package delivery

import (
	"strings"
	"time"
)

// fileKey is what one log file holds: the records of one account and one
// region for one trail, in one of the two key layouts.
type fileKey struct {
	Trail string `json:"trail"`
	// Organization is the organization's id in its key layout, "" in the
	// account's.
	Organization string `json:"organization,omitempty"`
	Account      string `json:"account"`
	Region       string `json:"region"`
}

// compare orders files within a cut: by trail, then as they would be listed
// in the bucket.
func (k fileKey) compare(o fileKey) int {
	for _, c := range [...]int{
		strings.Compare(k.Trail, o.Trail),
		strings.Compare(k.Organization, o.Organization),
		strings.Compare(k.Account, o.Account),
		strings.Compare(k.Region, o.Region),
	} {
		if c != 0 {
			return c
		}
	}
	return 0
}

// object is the key of the file in the bucket, without the trail's prefix:
//
//	AWSLogs/[<organization>/]<account>/CloudTrail/<region>/YYYY/MM/DD/<account>_CloudTrail_<region>_<YYYYMMDDThhmmZ>_<suffix>.json.gz
//
// The date is that of the delivery, not of the records.
func (k fileKey) object(delivery time.Time, suffix string) string {
	delivery = delivery.UTC()
	folder := "AWSLogs/"
	if k.Organization != "" {
		folder += k.Organization + "/"
	}
	return folder + k.Account + "/CloudTrail/" + k.Region + delivery.Format("/2006/01/02/") +
		k.Account + "_CloudTrail_" + k.Region + delivery.Format("_20060102T1504Z_") + suffix + ".json.gz"
}

// withPrefix puts a trail's prefix before a key.
func withPrefix(prefix, object string) string {
	if prefix == "" {
		return object
	}
	return prefix + "/" + object
}
