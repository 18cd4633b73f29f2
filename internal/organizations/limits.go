package organizations

import (
	"cmp"
	"time"
)

// Limits are the quotas of an organization. The zero value of a field means
// the default given with it. Where AWS starts low and raises on request, the
// default is what AWS raises to. Rates of requests are not limited.
type Limits struct {
	// Accounts is the number of accounts, open invitations and closed
	// accounts included: 50,000 (AWS: 10, raised up to 50,000).
	Accounts int
	// Units is the number of organizational units: 2,000.
	Units int
	// ServiceControlPolicies and ResourceControlPolicies are the numbers of
	// policies of either type: 10,000 and 1,000.
	ServiceControlPolicies, ResourceControlPolicies int
	// Migration is the number of accounts up to which EnableAllFeatures
	// works: 50,000 (AWS: 5,000).
	Migration int
	// Creations and Closures are how many CreateAccount and CloseAccount
	// requests may be in progress: 1,000 each (AWS: 5 and 3).
	Creations, Closures int
	// ClosuresPerMonth is how many accounts may be closed in thirty days: a
	// fifth of the accounts, but at least 250 and at most 1,000.
	ClosuresPerMonth int
	// WaitingPeriod is how long a created account must stay before it may
	// leave: none (AWS: 4 days).
	WaitingPeriod time.Duration
	// Finalizing is how long after its creation an organization refuses to
	// create and to invite accounts: not at all (AWS: up to an hour).
	Finalizing time.Duration
}

// Quotas that AWS does not raise.
const (
	maxUnitDepth         = 5
	maxPoliciesPerTarget = 5
	maxPolicySize        = 5_120 // characters of a service or resource control policy
)

// How long things last.
const (
	invitationLifetime = 15 * 24 * time.Hour
	migrationLifetime  = 90 * 24 * time.Hour // handshakes of EnableAllFeatures
	handshakeRetention = 30 * 24 * time.Hour // of finished handshakes
	closedRetention    = 90 * 24 * time.Hour // of closed accounts in their organization
	closureWindow      = 30 * 24 * time.Hour
)

func (l *Limits) accounts() int  { return cmp.Or(l.Accounts, 50_000) }
func (l *Limits) units() int     { return cmp.Or(l.Units, 2_000) }
func (l *Limits) migration() int { return cmp.Or(l.Migration, 50_000) }
func (l *Limits) creations() int { return cmp.Or(l.Creations, 1_000) }
func (l *Limits) closures() int  { return cmp.Or(l.Closures, 1_000) }

func (l *Limits) closuresPerMonth(accounts int) int {
	return cmp.Or(l.ClosuresPerMonth, min(max(accounts/5, 250), 1_000))
}

func (l *Limits) policies(policyType string) int {
	if policyType == serviceControl {
		return cmp.Or(l.ServiceControlPolicies, 10_000)
	}
	return cmp.Or(l.ResourceControlPolicies, 1_000)
}
