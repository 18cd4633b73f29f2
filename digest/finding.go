package digest

import "time"

// Kind is what a finding says.
type Kind string

// Findings about a digest file.
const (
	DigestMissing    Kind = "digest-missing"     // linked to, and not in the bucket
	DigestFormat     Kind = "digest-format"      // not a digest, or lacks what verification needs
	DigestTooLarge   Kind = "digest-too-large"   // unpacks beyond the limit
	DigestMoved      Kind = "digest-moved"       // lies elsewhere than it says
	KeyUnknown       Kind = "key-unknown"        // signed with a key that is not listed
	KeyFormat        Kind = "key-format"         // signed with a key that cannot be read
	SignatureMissing Kind = "signature-missing"  // the object lacks its metadata
	SignatureFailed  Kind = "signature-failed"   // the signature does not fit the content
	PreviousHash     Kind = "previous-hash"      // has another content than its successor says
	PreviousSign     Kind = "previous-signature" // has another signature than its successor says
	WindowsApart     Kind = "windows-apart"      // linked, and its window does not end where the successor's starts
	NotLinked        Kind = "not-linked"         // its successor links past it
)

// Findings about a log file.
const (
	LogMissing   Kind = "log-missing"   // named by a digest, and not in the bucket
	LogFormat    Kind = "log-format"    // not gzip
	LogTooLarge  Kind = "log-too-large" // unpacks beyond the limit
	LogHash      Kind = "log-hash"      // has another content than its digest says
	LogName      Kind = "log-name"      // its name is not one of the digest's account and region
	LogDuplicate Kind = "log-duplicate" // named by two digests
	LogUncovered Kind = "log-uncovered" // delivered in a verified window, and named by no digest
)

// Findings about any object in the folders of digests and log files.
const (
	Stray Kind = "stray" // its name tells no time at which it can have been delivered
)

// Findings about a period.
const (
	DigestsMissing Kind = "digests-missing" // more digests are gone than links tell
	Gap            Kind = "gap"             // one chain ends and the next starts
	LogsUnvouched  Kind = "logs-unvouched"  // log files where there are no digests
)

// Findings about the reading.
const (
	Unreadable     Kind = "unreadable"      // an object or a listing
	KeysUnreadable Kind = "keys-unreadable" // the public keys of a region
)

// Severity is what a finding means for the whole.
type Severity string

const (
	// Invalid: evidence was changed, removed or added.
	Invalid Severity = "invalid"
	// Unchecked: nothing can be said of something that is there.
	Unchecked Severity = "unchecked"
	// Notice: worth knowing, and wrong in no way.
	Notice Severity = "notice"
)

// Severity of all findings of the kind.
func (k Kind) Severity() Severity {
	switch k {
	case Gap, NotLinked:
		return Notice
	case LogsUnvouched, Unreadable, KeysUnreadable:
		return Unchecked
	}
	return Invalid
}

// Finding is one thing that a verification found.
type Finding struct {
	Kind Kind `json:"kind"`
	// Bucket and Object are what it is about; Object is "" when it is about
	// a period.
	Bucket string `json:"bucket,omitempty"`
	Object string `json:"object,omitempty"`
	// Account and Region say in which chain it was found.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	// From and To bound the period that it is about; zero otherwise.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Detail says what is wrong, and Cause what has most likely led to it,
	// each in words for people.
	Detail string `json:"detail"`
	Cause  string `json:"cause,omitempty"`
}

// causes are what has most likely led to findings of a kind, where nothing
// better is known.
var causes = map[Kind]string{
	DigestMissing:    "it was deleted, or moved to another bucket or key",
	DigestFormat:     "it was overwritten by something else, or it was cut short",
	DigestTooLarge:   "it was overwritten with data that is made to exhaust its readers",
	DigestMoved:      "it was copied or replicated from there: verify the original, or restore it there",
	KeyUnknown:       "it was signed by somebody else, or the keys were asked of another endpoint or region than the one that delivered it",
	KeyFormat:        "the list of public keys was damaged",
	SignatureMissing: "it was copied or restored without its metadata",
	SignatureFailed:  "its content, or the signature in its metadata, was changed after delivery",
	PreviousHash:     "it was replaced by another digest with a valid signature",
	PreviousSign:     "it was signed again after its successor was written",
	WindowsApart:     "the service that wrote it lost track of its deliveries",
	NotLinked:        "the digest was delivered late, or two trails of this name existed at the same time",
	LogMissing:       "it was deleted, by hand or by a lifecycle rule, or moved",
	LogFormat:        "it was overwritten, cut short, or unpacked",
	LogTooLarge:      "it was overwritten with data that is made to exhaust its readers",
	LogHash:          "it was changed after delivery",
	LogName:          "the service that wrote the digest mixed up accounts or regions",
	LogDuplicate:     "the service that wrote the digests lost track of its deliveries",
	LogUncovered:     "it was put there by somebody else than CloudTrail, another trail without log file validation writes to the same folder, or it was delivered late and the next digest will name it",
	Stray:            "it was put there by somebody else than CloudTrail",
	DigestsMissing:   "they were deleted",
	Gap:              "logging or log file validation was off, or the trail was created anew",
	LogsUnvouched:    "log file validation was off, another trail writes to the same folder, or the digests were deleted",
}

// object makes a finding about an object.
func object(k Kind, bucket, key, detail string) *Finding {
	return &Finding{Kind: k, Bucket: bucket, Object: key, Detail: detail, Cause: causes[k]}
}

// period makes a finding about a period.
func period(k Kind, bucket string, from, to time.Time, detail string) *Finding {
	return &Finding{Kind: k, Bucket: bucket, From: from, To: to, Detail: detail, Cause: causes[k]}
}
