// Package record builds the CloudTrail event of a call: one line of JSON, in
// the member order and with the casing, masking and limits of AWS's records,
// version 1.11.
//
// What the event says of the input and the output is encoded from the same
// descriptors that the wire is, so that a member which can be sent can be
// recorded, and one that is sensitive is masked wherever it appears.
package record
