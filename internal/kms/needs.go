package kms

import "github.com/orgtrail/orgtrail/internal/store"

// Principals knows whom key policies and grants may name.
type Principals interface {
	PrincipalExists(r store.Reader, arn string) bool
	// PrincipalID returns the unique id of a user or a role, "" of others.
	PrincipalID(r store.Reader, arn string) string
}

// State gives the control plane as it is now.
type State interface {
	View() *store.Snapshot
}
