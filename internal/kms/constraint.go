package kms

import (
	"maps"
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Constraints limit a grant to uses with a certain encryption context. An
// empty one does not limit anything.
type Constraints struct {
	Equals map[string]string `json:",omitempty"` // exactly this
	Subset map[string]string `json:",omitempty"` // this at least
}

func constraintsOf(in *api.GrantConstraints) Constraints {
	c := aws.Val(in)
	return Constraints{c.EncryptionContextEquals, c.EncryptionContextSubset}
}

func (c Constraints) empty() bool { return len(c.Equals) == 0 && len(c.Subset) == 0 }

func (c Constraints) equal(o Constraints) bool {
	return maps.Equal(c.Equals, o.Equals) && maps.Equal(c.Subset, o.Subset)
}

// admit reports whether the constraints let an encryption context pass. Names
// and values count to the letter, also where condition keys know no case.
func (c Constraints) admit(context map[string]string) bool {
	return (len(c.Equals) == 0 || maps.Equal(c.Equals, context)) && contains(context, c.Subset)
}

// include reports whether every context that other constraints let pass
// passes these, too.
func (c Constraints) include(o Constraints) bool {
	if len(o.Equals) > 0 {
		return c.admit(o.Equals)
	}
	return len(c.Equals) == 0 && contains(o.Subset, c.Subset)
}

func contains(all, some map[string]string) bool {
	for k, v := range some {
		if got, ok := all[k]; !ok || got != v {
			return false
		}
	}
	return true
}

// use is what somebody wants to do with a key, as grants see it.
type use struct {
	operation string            // Decrypt
	context   map[string]string // encryption context
	grant     *api.CreateGrantInput
}

// covers reports whether the grant speaks of a use, whoever makes it. A
// grantee who may make grants can give away no more than the grant gives.
func (g *Grant) covers(u use) bool {
	if !slices.Contains(g.Operations, u.operation) {
		return false
	}
	switch u.operation {
	case "RetireGrant":
		return false // of a grant itself alone
	case "DescribeKey", "GetPublicKey":
		return true
	case "CreateGrant":
		more := func(o string) bool { return !slices.Contains(g.Operations, o) }
		return u.grant != nil && !slices.ContainsFunc(u.grant.Operations, more) &&
			g.Constraints.include(constraintsOf(u.grant.Constraints))
	}
	return g.Constraints.admit(u.context)
}
