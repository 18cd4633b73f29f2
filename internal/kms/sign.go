package kms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // of RSAES_OAEP_SHA_1
	_ "crypto/sha256"
	_ "crypto/sha512"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Sign signs a message, or the digest of one.
func (s *Service) Sign(c *call.Call, in *api.SignInput) (*api.SignOutput, error) {
	k, key, digest, err := s.signing(c, in)
	if err != nil {
		return nil, err
	}
	signature, err := key.Sign(rand.Reader, digest, signerOptions(*in.SigningAlgorithm))
	if err != nil {
		return nil, err
	}
	return &api.SignOutput{KeyId: new(k.ARN()), Signature: signature, SigningAlgorithm: in.SigningAlgorithm}, nil
}

// Verify verifies a signature. One that is wrong is an error.
func (s *Service) Verify(c *call.Call, in *api.VerifyInput) (*api.VerifyOutput, error) {
	k, key, digest, err := s.signing(c, &api.SignInput{
		KeyId: in.KeyId, Message: in.Message, MessageType: in.MessageType, SigningAlgorithm: in.SigningAlgorithm,
		GrantTokens: in.GrantTokens, DryRun: in.DryRun,
	})
	if err != nil {
		return nil, err
	}
	if !verify(key.Public(), *in.SigningAlgorithm, digest, in.Signature) {
		return nil, aws.Errorf("KMSInvalidSignatureException", "")
	}
	return &api.VerifyOutput{KeyId: new(k.ARN()), SignatureValid: new(true), SigningAlgorithm: in.SigningAlgorithm}, nil
}

// signing finds what is signed with, or was, and what is signed.
func (s *Service) signing(c *call.Call, in *api.SignInput) (k *Key, key crypto.Signer, digest []byte, err error) {
	if k, err = s.use(c, in.KeyId, signVerify, in.GrantTokens); err != nil {
		return nil, nil, nil, err
	}
	if digest, err = k.digest(aws.Val(in.SigningAlgorithm), in.Message, in.MessageType); err != nil {
		return nil, nil, nil, err
	}
	if err = asDryRun(in.DryRun); err != nil {
		return nil, nil, nil, err
	}
	key, err = s.private(k)
	return k, key, digest, err
}

// digest is what an algorithm signs of a message: its digest, which the
// caller may have made already, or all of it.
func (k *Key) digest(algorithm string, message []byte, messageType *string) ([]byte, error) {
	if !k.knows(algorithm) {
		return nil, incompatible(algorithm, k)
	}
	given := api.MessageTypeRaw
	if messageType != nil {
		given = *messageType
	}
	only := map[string]string{
		api.SigningAlgorithmSpecEd25519Sha512:   api.MessageTypeRaw,
		api.SigningAlgorithmSpecEd25519PhSha512: api.MessageTypeDigest,
	}[algorithm]
	if given == api.MessageTypeExternalMu || only != "" && given != only {
		return nil, validation("MessageType %s is not valid for algorithm %s.", given, algorithm)
	}
	hash := schemes[algorithm].hash
	switch {
	case given == api.MessageTypeDigest && len(message) != hash.Size():
		return nil, validation("Digest is invalid length for algorithm %s.", algorithm)
	case given == api.MessageTypeDigest, hash == 0:
		return message, nil
	}
	h := hash.New()
	h.Write(message)
	return h.Sum(nil), nil
}

func signerOptions(algorithm string) crypto.SignerOpts {
	how := schemes[algorithm]
	if how.pss {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: how.hash}
	}
	return how.hash
}

func verify(public crypto.PublicKey, algorithm string, digest, signature []byte) bool {
	how := schemes[algorithm]
	switch key := public.(type) {
	case *rsa.PublicKey:
		if how.pss {
			return rsa.VerifyPSS(key, how.hash, digest, signature, signerOptions(algorithm).(*rsa.PSSOptions)) == nil
		}
		return rsa.VerifyPKCS1v15(key, how.hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	case ed25519.PublicKey:
		return ed25519.VerifyWithOptions(key, digest, signature, &ed25519.Options{Hash: how.hash}) == nil
	}
	return false
}
