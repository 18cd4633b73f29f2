package sqs

import (
	"encoding/json"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// content is what a message says.
type content struct {
	Body       string
	Attributes map[string]Attribute `json:",omitempty"`
}

// cover is how a content is kept from whoever has only the database.
type cover struct {
	// Managed says that it is sealed with the server's key.
	Managed bool `json:",omitempty"`
	// Key is the ARN of the KMS key that encrypts DataKey, which encrypts the
	// content, and Context the queue that it was sent to: the encryption
	// context.
	Key     string `json:",omitempty"`
	DataKey []byte `json:",omitempty"`
	Context string `json:",omitempty"`
}

// asker asks for one permission more than a call needs: a caller's
// call.Call.Allow, or what a service may do.
type asker func(call.Target) error

// encryptionContext is what KMS is told of a message.
func encryptionContext(queueARN string) map[string]string {
	return map[string]string{"aws:sqs:arn": queueARN}
}

// wrap covers a content as the queue demands. Where it has a KMS key, the
// sender needs the right to use it.
func (s *Service) wrap(tx *store.Tx, q *Queue, m *message, said content, ask asker) ([]byte, error) {
	plain, err := json.Marshal(said)
	if err != nil {
		return nil, err
	}
	switch {
	case q.KMSKey != "":
		return s.encrypt(tx, q, m, plain, ask)
	case q.Encrypted:
		m.Cover = cover{Managed: true}
		return s.bodies.Seal(plain, m.Body), nil
	}
	return plain, nil
}

func (s *Service) encrypt(tx *store.Tx, q *Queue, m *message, plain []byte, ask asker) ([]byte, error) {
	context := encryptionContext(q.ARN())
	key := ""
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		t, err := s.keyTarget(tx, q, q.KMSKey, action, context)
		if err != nil {
			return nil, err
		}
		if err := allowed(ask, t); err != nil {
			return nil, err
		}
		key = t.Resource
	}
	dataKey, sealed, failed := s.Keys.GenerateDataKey(tx, key, context)
	if failed != nil {
		return nil, keyFailure(failed)
	}
	k, err := seal.New(dataKey)
	if err != nil {
		return nil, err
	}
	m.Cover = cover{Key: key, DataKey: sealed, Context: q.ARN()}
	return k.Seal(plain, m.Body), nil
}

// mayRead asks whether the receiver may use the KMS key of a message.
func (s *Service) mayRead(r store.Reader, q *Queue, m *message, ask asker) error {
	t, err := s.keyTarget(r, q, m.Cover.Key, "kms:Decrypt", encryptionContext(m.Cover.Context))
	if err != nil {
		return err
	}
	return allowed(ask, t)
}

func (s *Service) keyTarget(r store.Reader, q *Queue, key, action string, context map[string]string) (call.Target, error) {
	if s.Keys == nil {
		return call.Target{}, aws.Errorf("KmsNotFound", "The key %s does not exist.", key)
	}
	t, failed := s.Keys.Target(r, key, q.Account, q.Region, action, context, "sqs."+q.Region+".amazonaws.com")
	if failed != nil {
		return t, keyFailure(failed)
	}
	return t, nil
}

// allowed asks, and words a refusal as one of KMS.
func allowed(ask asker, t call.Target) error {
	err := ask(t)
	if refused, ok := err.(*aws.Error); ok && refused != nil {
		return keyFailure(refused)
	}
	return err
}

// unwrap is wrap the other way round.
func (s *Service) unwrap(r store.Reader, m *message, kept []byte) (said content, err error) {
	switch {
	case m.Cover.Managed:
		kept, err = s.bodies.Open(kept, m.Body)
	case m.Cover.Key != "":
		kept, err = s.decrypt(r, m, kept)
	}
	if err != nil {
		return said, err
	}
	return said, json.Unmarshal(kept, &said)
}

func (s *Service) decrypt(r store.Reader, m *message, kept []byte) ([]byte, error) {
	dataKey, _, failed := s.Keys.Decrypt(r, m.Cover.DataKey, encryptionContext(m.Cover.Context))
	if failed != nil {
		return nil, keyFailure(failed)
	}
	k, err := seal.New(dataKey)
	if err != nil {
		return nil, err
	}
	return k.Open(kept, m.Body)
}
