// Package organizations serves AWS Organizations: accounts that belong
// together under one management account, the tree of organizational units
// they stand in, the policies attached to that tree, the services the
// organization trusts, and the handshakes by which accounts join it.
//
// # State
//
// An organization is one small record; everything that there are many of is a
// record of its own, so that nothing grows with the number of accounts:
//
//	organization  o-…            features, policy types, trusted access, delegations
//	tally         o-…            what is counted, so that no call has to
//	member        o-…/<ordinal>  an account's place in the tree
//	unit          o-…/<ordinal>  an organizational unit
//	policy        o-…/<ordinal>  a customer's policy, parsed
//	handshake     o-…/<ordinal>
//	creation      o-…/<ordinal>  a request to create an account
//	attachments   o-…/<target>   the policies of a root, unit or account
//	tags          o-…/<resource>
//
// The ordinal grows with every record of the organization, so a scan is in
// the order of creation and a page of a list begins with a seek. A target
// without attachments has what AWS attaches by itself: enabling a policy type
// attaches FullAWSAccess to ten thousand accounts by writing nothing.
//
// # Work that nobody waits for
//
// CreateAccount and CloseAccount only record what was asked. Advance finishes
// it from what the store says is open, one transaction each: the account, its
// roles, its place in the tree and the record of the result appear together.
// After a crash the same scan finds the same requests. Expired handshakes and
// accounts closed for ninety days are found the same way.
//
// # Policy types
//
// Service control and resource control policies are evaluated in this house,
// so they can be created, enabled and attached. The other types (tag, backup,
// declarative …) steer services that are not part of it; they answer
// PolicyTypeNotAvailableForOrganizationException instead of being stored
// without any effect.
package organizations
