package kms

import (
	"crypto"
	"crypto/hmac"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// macs are the hashes of the MAC algorithms.
var macs = map[string]crypto.Hash{
	api.MacAlgorithmSpecHmacSha224: crypto.SHA224,
	api.MacAlgorithmSpecHmacSha256: crypto.SHA256,
	api.MacAlgorithmSpecHmacSha384: crypto.SHA384,
	api.MacAlgorithmSpecHmacSha512: crypto.SHA512,
}

// GenerateMac makes a message authentication code.
func (s *Service) GenerateMac(c *call.Call, in *api.GenerateMacInput) (*api.GenerateMacOutput, error) {
	k, mac, err := s.mac(c, in.KeyId, in.MacAlgorithm, in.Message, in.GrantTokens)
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &api.GenerateMacOutput{Mac: mac, MacAlgorithm: in.MacAlgorithm, KeyId: new(k.ARN())}, nil
}

// VerifyMac verifies one. One that is wrong is an error.
func (s *Service) VerifyMac(c *call.Call, in *api.VerifyMacInput) (*api.VerifyMacOutput, error) {
	k, mac, err := s.mac(c, in.KeyId, in.MacAlgorithm, in.Message, in.GrantTokens)
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if !hmac.Equal(mac, in.Mac) {
		return nil, aws.Errorf("KMSInvalidMacException", "")
	}
	return &api.VerifyMacOutput{KeyId: new(k.ARN()), MacValid: new(true), MacAlgorithm: in.MacAlgorithm}, nil
}

func (s *Service) mac(c *call.Call, name, algorithm *string, message []byte, tokens []string) (*Key, []byte, error) {
	k, err := s.use(c, name, generateMac, tokens)
	if err != nil {
		return nil, nil, err
	}
	if !k.knows(aws.Val(algorithm)) {
		return nil, nil, incompatible(aws.Val(algorithm), k)
	}
	secret, err := s.open(k, k.current())
	if err != nil {
		return nil, nil, err
	}
	h := hmac.New(macs[*algorithm].New, secret)
	h.Write(message)
	return k, h.Sum(nil), nil
}
