package logs

import (
	"fmt"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// DataKey is a key that seals events of a group, or results of queries,
// sealed itself by a key of KMS. It is kept for as long as anything may be
// sealed with it, also when the group has gone over to another one.
type DataKey struct {
	// Owner is the ARN that the key is for. It is the encryption context
	// aws:logs:arn, which policies of keys ask for.
	Owner  string
	Key    string // ARN of the KMS key
	Sealed []byte
}

const byOwner = "owner"

var dataKeys = store.NewKind("logs.datakey", store.Index[DataKey]{
	Name: byOwner, Keys: func(_ string, k *DataKey) []string { return []string{k.Owner} },
})

func dataKeyKey(n int64) string { return fmt.Sprintf("%016d", n) }

// resultKey is the key of an account and region for the results of queries.
type resultKey struct {
	Key     string
	DataKey int64
}

var resultKeys = store.NewKind[resultKey]("logs.resultkey")

// AssociateKmsKey has what is logged from now on sealed under a key, or the
// results of queries.
func (s *Service) AssociateKmsKey(c *call.Call, in *api.AssociateKmsKeyInput) (*api.AssociateKmsKeyOutput, error) {
	n, results, err := sealed(c, in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	if !results {
		return nil, edit(c, n, func(g *LogGroup) *aws.Error { return s.lock(c, g, *in.KmsKeyId) })
	}
	arn := aws.NewARN("logs", c.Region, c.Account(), "query-result:*").String()
	made, err := s.newDataKey(c, arn, *in.KmsKeyId)
	if err != nil {
		return nil, err
	}
	resultKeys.Put(c.Tx, scope(c.Account(), c.Region), &resultKey{*in.KmsKeyId, made})
	return nil, nil
}

// DisassociateKmsKey has what is logged from now on sealed no more. What was
// sealed stays so.
func (s *Service) DisassociateKmsKey(c *call.Call, in *api.DisassociateKmsKeyInput) (*api.DisassociateKmsKeyOutput, error) {
	n, results, err := sealed(c, in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	if !results {
		return nil, edit(c, n, func(g *LogGroup) *aws.Error {
			g.Key, g.DataKey = "", 0
			return nil
		})
	}
	resultKeys.Delete(c.Tx, scope(c.Account(), c.Region))
	return nil, nil
}

// sealed reads what a key is for: a group, or the results of queries.
func sealed(c *call.Call, name, resource *string) (n groupName, results bool, err *aws.Error) {
	switch {
	case (name == nil) == (resource == nil):
		return n, false, invalid("Exactly one of logGroupName and resourceIdentifier must be specified.")
	case name != nil:
		return own(c, name), false, nil
	case *resource == aws.NewARN("logs", c.Region, c.Account(), "query-result:*").String():
		return n, true, nil
	}
	n, err = ownGroup(c, *resource)
	return n, false, err
}

// lock has what comes to a group sealed under a key.
func (s *Service) lock(c *call.Call, g *LogGroup, key string) *aws.Error {
	n, err := s.newDataKey(c, g.ARN(), key)
	if err == nil {
		g.Key, g.DataKey = key, n
	}
	return err
}

// newDataKey makes a data key under a key that lets CloudWatch Logs in.
func (s *Service) newDataKey(c *call.Call, owner, key string) (int64, *aws.Error) {
	if a, ok := aws.ParseARN(key); !ok || a.Service != "kms" || !strings.HasPrefix(a.Resource, "key/") {
		return 0, invalid("The specified KMS key must be the ARN of a symmetric key.")
	}
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		if err := s.mayUse(c.State, key, owner, action); err != nil {
			return 0, err
		}
	}
	_, ciphertext, err := s.Keys.GenerateDataKey(c.State, key, encryptionContext(owner))
	if err != nil {
		return 0, keyDenied(owner)
	}
	n := number(c.Tx)
	dataKeys.Put(c.Tx, dataKeyKey(n), &DataKey{Owner: owner, Key: key, Sealed: ciphertext})
	return n, nil
}

func encryptionContext(owner string) map[string]string {
	return map[string]string{"aws:logs:arn": owner}
}

// mayUse asks whether CloudWatch Logs may use a key for what is owned.
func (s *Service) mayUse(r store.Reader, key, owner, action string) *aws.Error {
	a, _ := aws.ParseARN(owner)
	if s.Keys == nil {
		return keyDenied(owner)
	}
	t, err := s.Keys.Target(r, key, a.Account, a.Region, action, encryptionContext(owner), regionalPrincipal(a.Region))
	if err == nil {
		err = s.source(r, regionalPrincipal(a.Region), owner, a.Account).Ask(t, a.Region, s.Now(), s.controls(r, t.Owner))
	}
	if err != nil {
		return keyDenied(owner)
	}
	return nil
}

func keyDenied(owner string) *aws.Error {
	return aws.Errorf(aws.AccessDenied, "The specified KMS key does not exist or is not allowed to be used with Arn '%s'", owner)
}

// dataKey opens a data key; the number 0 is none. It fails when the KMS key
// is disabled, or lets CloudWatch Logs in no more.
func (s *Service) dataKey(r store.Reader, n int64) (*seal.Key, *aws.Error) {
	if n == 0 {
		return nil, nil
	}
	k, ok := dataKeys.Get(r, dataKeyKey(n))
	if !ok {
		return nil, aws.Errorf(aws.InternalFailure, "There is no data key %d.", n)
	}
	if err := s.mayUse(r, k.Key, k.Owner, "kms:Decrypt"); err != nil {
		return nil, err
	}
	plain, _, err := s.Keys.Decrypt(r, k.Sealed, encryptionContext(k.Owner))
	if err != nil {
		return nil, keyDenied(k.Owner)
	}
	opened, failed := seal.New(plain)
	if failed != nil {
		return nil, aws.Errorf(aws.InternalFailure, "The data key %d cannot be used: %v", n, failed)
	}
	return opened, nil
}

// DataKeys opens data keys for the upkeep of events, by their numbers.
func (s *Service) DataKeys(n int64) (*seal.Key, error) { return s.dataKeysOf(s.State.View())(n) }
