// Package sigv4 is the server's side of AWS Signature Version 4: it takes the
// signature of a request apart, checks it against the secret of its access
// key, checks the bodies of S3 while they stream, and puts every refusal into
// the words of the caller's protocol. A small signer serves the calls that
// this program makes itself.
//
// A request passes three steps:
//
//	sig, err := Parse(r)                       // what it says; nil when it says nothing
//	err = verifier.Verify(sig, r, body, …)     // whether the secret's owner said it
//	content, err := NewBody(r, sig)            // S3 only: the decoded, checked body
//
// Errors are of type *Failure; Refusal turns them into the codes and sentences
// that a JSON service, a query service or S3 uses.
//
// Header signatures and presigned URLs are accepted, with the algorithm
// AWS4-HMAC-SHA256. Asymmetric signatures (SigV4A) and Signature Version 2 are
// refused.
package sigv4
