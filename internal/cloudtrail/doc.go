// Package cloudtrail serves AWS CloudTrail's trails: their settings, who may
// see and change them, the organization they may apply to, the selectors that
// say what they log, and the one question that everything else rests on:
// which trails does this record go to?
//
// A trail lives in its home region of the account that owns it. A
// multi-region trail is seen in every other region as a shadow, an
// organization trail in every member account as a copy; neither is stored:
// both follow from the one trail and from the organization as it is now.
//
// What the service needs of others (the bucket, the organization, service
// roles, the state of delivery) it declares as interfaces in needs.go.
package cloudtrail
