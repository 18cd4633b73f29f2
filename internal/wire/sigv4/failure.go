package sigv4

import "time"

// Kind is what is wrong with a signature.
type Kind int

const (
	// Missing: the call needs a signature and has none. Only the caller of
	// this package knows which calls do.
	Missing Kind = iota + 1

	// What Parse finds.

	Legacy        // Signature Version 2
	Unsupported   // another scheme or algorithm; Got names it, or is ""
	Ambiguous     // more than one signature
	Incomplete    // parts are missing; Lacks names them
	BadCredential // not key/date/region/service/terminator
	BadDate       // Got is no date
	BadExpires    // Got is not between 1 and 604800

	// What the owner of the keys finds.

	UnknownKey   // no such access key
	TokenInvalid // the session token is not the key's
	TokenExpired

	// What Verify finds, and WrongRegion.

	Mismatch        // the signature is another
	Expired         // Time is more than Window before Now
	NotYetValid     // Time is more than Window after Now
	ScopeRegion     // Got is no region here; Want is one
	ScopeTerminator // Got
	ScopeDate       // Got is not Want, the day of Time
	HeaderNotSigned // Lacks names the headers
	PayloadMissing  // S3 needs x-amz-content-sha256
	PayloadInvalid  // Got is neither a hash nor a known constant
	PayloadMismatch // Got is not Want, the hash of the body
)

// Failure is a signature that is not accepted, with what an answer needs to
// say why. Which members are set depends on Kind.
type Failure struct {
	Kind      Kind
	Presigned bool
	AccessKey string

	Got, Want string
	Lacks     []string

	Time, Now time.Time
	Window    time.Duration

	// StringToSign and CanonicalRequest are what the signature would have
	// been made of. They hold nothing that the client did not send.
	StringToSign, CanonicalRequest string
}

func (f *Failure) Error() string { return "sigv4: " + f.sentence() }
