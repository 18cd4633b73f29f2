package kms

import "github.com/orgtrail/orgtrail/internal/store"

// Principals knows whom key policies and grants may name.
type Principals interface {
	PrincipalExists(r store.Reader, arn string) bool
}

// State gives the control plane as it is now.
type State interface {
	View() *store.Snapshot
}
