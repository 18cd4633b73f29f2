package organizations

import (
	"fmt"

	"github.com/orgtrail/orgtrail/internal/store"
)

// tally is what is counted of an organization, so that no call has to.
type tally struct {
	// Ordinal is the number that the last record of the organization got.
	Ordinal uint64
	// Accounts counts the members, the management account and closed
	// accounts included.
	Accounts int
	// Invitations counts the invitations stored as open. Those that have
	// expired are among them until they are swept up.
	Invitations int
}

var tallies = store.NewKind[tally]("organizations.tally")

// count changes an organization's tally.
func count(tx *store.Tx, organization string, change func(*tally)) tally {
	var t tally
	if old, ok := tallies.Get(tx, organization); ok {
		t = *old
	}
	change(&t)
	tallies.Put(tx, organization, &t)
	return t
}

func tallyOf(r store.Reader, organization string) tally {
	if t, ok := tallies.Get(r, organization); ok {
		return *t
	}
	return tally{}
}

// nextPlace is the key of a new record of an organization. Keys sort in the
// order in which the records were made.
func nextPlace(tx *store.Tx, organization string) string {
	t := count(tx, organization, func(t *tally) { t.Ordinal++ })
	return fmt.Sprintf("%s%012d", prefix(organization), t.Ordinal)
}

// prefix begins the keys of all records of an organization.
func prefix(organization string) string { return organization + "/" }

// first returns the first record that an index files under value, for indexes
// that file one record at most.
func first[T any](r store.Reader, k *store.Kind[T], index, value string) (*T, bool) {
	for _, v := range k.By(r, index, value) {
		return v, true
	}
	return nil, false
}

// wipe deletes every record of a kind that belongs to an organization.
func wipe[T any](tx *store.Tx, k *store.Kind[T], organization string) {
	for key := range k.Scan(tx, prefix(organization)) {
		k.Delete(tx, key)
	}
}
