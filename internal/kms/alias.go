package kms

import (
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Alias is a name for a key of the same account and region.
type Alias struct {
	Account, Region string
	Name            string // alias/…
	Target          string // id of the key
	Created         time.Time
	Updated         time.Time
}

const byTarget = "target"

var aliases = store.NewKind("kms.alias",
	store.Index[Alias]{Name: byTarget, Keys: func(_ string, a *Alias) []string {
		return []string{place(a.Account, a.Region) + a.Target}
	}})

const (
	aliasPrefix    = "alias/"
	reservedPrefix = "alias/aws/" // of the keys of AWS's services
)

func (a *Alias) key() string { return place(a.Account, a.Region) + a.Name }

func (a *Alias) arn() string { return aliasARN(a.Account, a.Region, a.Name) }

func aliasARN(account, region, name string) string {
	return aws.NewARN("kms", region, account, name).String()
}

// checkAlias refuses names that callers cannot give.
func checkAlias(name string) error {
	switch {
	case !isAlias(name) || name == aliasPrefix:
		return validation("Invalid identifier")
	case strings.Contains(name, ":"):
		return validation("%s contains invalid characters for an alias", name)
	case strings.HasPrefix(name, reservedPrefix):
		return aws.Errorf("NotAuthorizedException", "")
	}
	return nil
}

// CreateAlias gives a key a name.
func (s *Service) CreateAlias(c *call.Call, in *api.CreateAliasInput) (*api.CreateAliasOutput, error) {
	name := aws.Val(in.AliasName)
	if err := checkAlias(name); err != nil {
		return nil, err
	}
	a := &Alias{Account: c.Account(), Region: c.Region, Name: name, Created: c.Time}
	if _, ok := aliases.Get(c.State, a.key()); ok {
		return nil, aws.Errorf("AlreadyExistsException", "An alias with the name %s already exists", a.arn())
	}
	return nil, s.point(c, a, in.TargetKeyId)
}

// UpdateAlias gives the name to another key of the same usage.
func (s *Service) UpdateAlias(c *call.Call, in *api.UpdateAliasInput) (*api.UpdateAliasOutput, error) {
	a, err := s.alias(c, in.AliasName)
	if err != nil {
		return nil, err
	}
	return nil, s.point(c, new(*a), in.TargetKeyId)
}

// point makes an alias the name of a key.
func (s *Service) point(c *call.Call, a *Alias, target *string) error {
	k, err := s.named(c, target)
	if err != nil {
		return err
	}
	if err := k.notLeaving(); err != nil {
		return err
	}
	if old, ok := keys.Get(c.State, place(a.Account, a.Region)+a.Target); ok &&
		(old.Usage != k.Usage || old.symmetric() != k.symmetric()) {
		return validation("Alias %s cannot be moved from a key of spec %s and usage %s to one of spec %s and usage %s", a.arn(), old.Spec, old.Usage, k.Spec, k.Usage)
	}
	n := 0
	for _, other := range aliases.By(c.State, byTarget, k.key()) {
		if other.Name != a.Name {
			n++
		}
	}
	if n >= aliasesPerKey {
		return limitExceeded("%s has %d aliases, which is the most that a key can have.", k.ARN(), n)
	}
	a.Target, a.Updated = k.ID, c.Time
	aliases.Put(c.Tx, a.key(), a)
	c.Response = map[string]any{"keyId": k.ARN()}
	return nil
}

// DeleteAlias takes the name away.
func (s *Service) DeleteAlias(c *call.Call, in *api.DeleteAliasInput) (*api.DeleteAliasOutput, error) {
	a, err := s.alias(c, in.AliasName)
	if err != nil {
		return nil, err
	}
	aliases.Delete(c.Tx, a.key())
	c.Response = map[string]any{"keyId": keyARN(a.Account, a.Region, a.Target)}
	return nil, nil
}

// alias finds an alias that callers can change.
func (s *Service) alias(c *call.Call, name *string) (*Alias, error) {
	if err := checkAlias(aws.Val(name)); err != nil {
		return nil, err
	}
	a, ok := aliases.Get(c.State, place(c.Account(), c.Region)+*name)
	if !ok {
		return nil, notFound("Alias %s is not found.", aliasARN(c.Account(), c.Region, *name))
	}
	return a, nil
}

// ListAliases lists the aliases of the caller's account in the region, or
// those of one of its keys.
func (s *Service) ListAliases(c *call.Call, in *api.ListAliasesInput) (*api.ListAliasesOutput, error) {
	list := aliases.Scan(c.State, place(c.Account(), c.Region))
	if in.KeyId != nil {
		k, err := findKey(c.State, c.Account(), c.Region, *in.KeyId)
		if err != nil {
			return nil, err
		}
		list = aliases.By(c.State, byTarget, k.key())
	}
	p, err := page(c, list, in.Marker, in.Limit, 50)
	return &api.ListAliasesOutput{NextMarker: p.next, Truncated: &p.truncated, Aliases: pages.Views(p.items, (*Alias).view)}, err
}

func (a *Alias) view() api.AliasListEntry {
	return api.AliasListEntry{
		AliasName: &a.Name, AliasArn: new(a.arn()), TargetKeyId: &a.Target,
		CreationDate: &a.Created, LastUpdatedDate: &a.Updated,
	}
}

// aliasNames are the names of a key.
func (k *Key) aliasNames(r store.Reader) []string {
	var names []string
	for _, a := range aliases.By(r, byTarget, k.key()) {
		names = append(names, a.Name)
	}
	return names
}
