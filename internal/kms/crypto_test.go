package kms

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"hash"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// public reads the public half of a key as any client would.
func (h *house) public(id *string) any {
	h.Helper()
	key, err := x509.ParsePKIXPublicKey(do[api.GetPublicKeyOutput](h, &api.GetPublicKeyInput{KeyId: id}).PublicKey)
	if err != nil {
		h.Fatal(err)
	}
	return key
}

// TestSign: what is signed here Go's own library verifies, with nothing but
// the public key.
func TestSign(t *testing.T) {
	h := newHouse(t)
	message := []byte("a message")
	d256, d384, d512 := sha256.Sum256(message), sha512.Sum384(message), sha512.Sum512(message)
	digests := map[crypto.Hash][]byte{crypto.SHA256: d256[:], crypto.SHA384: d384[:], crypto.SHA512: d512[:]}
	pkcs := func(k any, hash crypto.Hash, sig []byte) bool {
		return rsa.VerifyPKCS1v15(k.(*rsa.PublicKey), hash, digests[hash], sig) == nil
	}
	pss := func(k any, hash crypto.Hash, sig []byte) bool {
		return rsa.VerifyPSS(k.(*rsa.PublicKey), hash, digests[hash], sig, &rsa.PSSOptions{SaltLength: hash.Size()}) == nil
	}
	ec := func(k any, hash crypto.Hash, sig []byte) bool {
		return ecdsa.VerifyASN1(k.(*ecdsa.PublicKey), digests[hash], sig)
	}
	made := map[string]*string{}
	for _, test := range []struct {
		spec, algorithm string
		hash            crypto.Hash
		verify          func(any, crypto.Hash, []byte) bool
	}{
		{"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", crypto.SHA256, pkcs},
		{"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_384", crypto.SHA384, pkcs},
		{"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512", crypto.SHA512, pkcs},
		{"RSA_2048", "RSASSA_PSS_SHA_256", crypto.SHA256, pss},
		{"RSA_2048", "RSASSA_PSS_SHA_384", crypto.SHA384, pss},
		{"RSA_2048", "RSASSA_PSS_SHA_512", crypto.SHA512, pss},
		{"RSA_3072", "RSASSA_PSS_SHA_512", crypto.SHA512, pss},
		{"RSA_4096", "RSASSA_PKCS1_V1_5_SHA_256", crypto.SHA256, pkcs},
		{"ECC_NIST_P256", "ECDSA_SHA_256", crypto.SHA256, ec},
		{"ECC_NIST_P384", "ECDSA_SHA_384", crypto.SHA384, ec},
		{"ECC_NIST_P521", "ECDSA_SHA_512", crypto.SHA512, ec},
	} {
		id, ok := made[test.spec]
		if !ok {
			id = h.specced(test.spec, "SIGN_VERIFY")
			made[test.spec] = id
		}
		public := h.public(id)
		for messageType, given := range map[string][]byte{"RAW": message, "DIGEST": digests[test.hash]} {
			out := do[api.SignOutput](h, &api.SignInput{KeyId: id, Message: given, MessageType: &messageType, SigningAlgorithm: &test.algorithm})
			if !test.verify(public, test.hash, out.Signature) {
				t.Errorf("%s %s of %s: Go does not verify it", test.spec, test.algorithm, messageType)
			}
			verify := &api.VerifyInput{KeyId: id, Message: message, Signature: out.Signature, SigningAlgorithm: &test.algorithm}
			h.Equal("valid", *do[api.VerifyOutput](h, verify).SignatureValid, true)
			verify.Message = []byte("another message")
			h.Fails("KMSInvalidSignatureException: ", verify)
			verify.Message, verify.Signature = message, flip(out.Signature, len(out.Signature)-1)
			h.Fails("KMSInvalidSignatureException: ", verify)
		}
		h.Fails("ValidationException: Digest is invalid length for algorithm "+test.algorithm+".",
			&api.SignInput{KeyId: id, Message: message, MessageType: new("DIGEST"), SigningAlgorithm: &test.algorithm})
	}
}

func TestSignEdwards(t *testing.T) {
	h := newHouse(t)
	id := h.specced("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
	public := h.public(id).(ed25519.PublicKey)
	message := []byte("a message")
	digest := sha512.Sum512(message)
	plain := do[api.SignOutput](h, &api.SignInput{KeyId: id, Message: message, SigningAlgorithm: new("ED25519_SHA_512")}).Signature
	ph := do[api.SignOutput](h, &api.SignInput{KeyId: id, Message: digest[:], MessageType: new("DIGEST"), SigningAlgorithm: new("ED25519_PH_SHA_512")}).Signature
	if !ed25519.Verify(public, message, plain) || ed25519.VerifyWithOptions(public, digest[:], ph, &ed25519.Options{Hash: crypto.SHA512}) != nil {
		t.Error("Go does not verify it")
	}
	h.Do(&api.VerifyInput{KeyId: id, Message: message, Signature: plain, SigningAlgorithm: new("ED25519_SHA_512")},
		&api.VerifyInput{KeyId: id, Message: digest[:], MessageType: new("DIGEST"), Signature: ph, SigningAlgorithm: new("ED25519_PH_SHA_512")})
	h.Fails("KMSInvalidSignatureException", &api.VerifyInput{KeyId: id, Message: message, Signature: ph, SigningAlgorithm: new("ED25519_SHA_512")})
	h.Fails("ValidationException", &api.SignInput{KeyId: id, Message: digest[:], MessageType: new("DIGEST"), SigningAlgorithm: new("ED25519_SHA_512")})
	h.Fails("ValidationException", &api.SignInput{KeyId: id, Message: message, SigningAlgorithm: new("ED25519_PH_SHA_512")})
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

func TestMac(t *testing.T) {
	h := newHouse(t)
	for spec, hash := range map[string]func() hash.Hash{"224": sha256.New224, "256": sha256.New, "384": sha512.New384, "512": sha512.New} {
		id, algorithm := h.specced("HMAC_"+spec, "GENERATE_VERIFY_MAC"), "HMAC_SHA_"+spec
		mac := do[api.GenerateMacOutput](h, &api.GenerateMacInput{KeyId: id, Message: []byte("m"), MacAlgorithm: &algorithm}).Mac
		k, _ := keys.Get(h.Store.View(), place(owner, home)+*id)
		secret, err := h.open(k, k.current())
		if err != nil {
			t.Fatal(err)
		}
		check := hmac.New(hash, secret)
		check.Write([]byte("m"))
		if !bytes.Equal(mac, check.Sum(nil)) {
			t.Errorf("%s: Go makes another", algorithm)
		}
		h.Do(&api.VerifyMacInput{KeyId: id, Message: []byte("m"), Mac: mac, MacAlgorithm: &algorithm})
		h.Fails("KMSInvalidMacException: ", &api.VerifyMacInput{KeyId: id, Message: []byte("n"), Mac: mac, MacAlgorithm: &algorithm})
		h.Fails("KMSInvalidMacException: ", &api.VerifyMacInput{KeyId: id, Message: []byte("m"), Mac: mac[1:], MacAlgorithm: &algorithm})
		h.Fails("KMSInvalidMacException: ", &api.VerifyMacInput{KeyId: id, Message: []byte("m"), Mac: flip(mac, 0), MacAlgorithm: &algorithm})
	}
}

// TestRSAEncryption: what Go encrypts with the public key is decrypted here.
func TestRSAEncryption(t *testing.T) {
	h := newHouse(t)
	id := h.specced("RSA_2048", "ENCRYPT_DECRYPT")
	public := h.public(id).(*rsa.PublicKey)
	for algorithm, hash := range map[string]func() hash.Hash{"RSAES_OAEP_SHA_1": sha1.New, "RSAES_OAEP_SHA_256": sha256.New} {
		most := 256 - 2*hash().Size() - 2
		blob, err := rsa.EncryptOAEP(hash(), rand.Reader, public, bytes.Repeat([]byte{1}, most), nil)
		if err != nil {
			t.Fatal(err)
		}
		out := do[api.DecryptOutput](h, &api.DecryptInput{KeyId: id, CiphertextBlob: blob, EncryptionAlgorithm: &algorithm})
		h.Equal("plaintext", []any{out.Plaintext, *out.KeyId, out.KeyMaterialId}, []any{bytes.Repeat([]byte{1}, most), h.arn(*id), (*string)(nil)})
		own := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: id, Plaintext: []byte("x"), EncryptionAlgorithm: &algorithm}).CiphertextBlob
		h.Equal("own", do[api.DecryptOutput](h, &api.DecryptInput{KeyId: id, CiphertextBlob: own, EncryptionAlgorithm: &algorithm}).Plaintext, []byte("x"))
		h.Fails("InvalidCiphertextException: ", &api.DecryptInput{KeyId: id, CiphertextBlob: flip(blob, 9), EncryptionAlgorithm: &algorithm})
		h.Fails("InvalidCiphertextException: ", &api.DecryptInput{KeyId: id, CiphertextBlob: blob[1:], EncryptionAlgorithm: &algorithm})
		h.Fails("ValidationException", &api.DecryptInput{CiphertextBlob: blob, EncryptionAlgorithm: &algorithm})
		_, err = h.Call(&api.EncryptInput{KeyId: id, Plaintext: make([]byte, most+1), EncryptionAlgorithm: &algorithm})
		if err == nil || !strings.Contains(err.Error(), "cannot encrypt data larger than") {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
	symmetric := h.create(&api.CreateKeyInput{})
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &symmetric, Plaintext: []byte("x")}).CiphertextBlob
	re := do[api.ReEncryptOutput](h, &api.ReEncryptInput{CiphertextBlob: blob, DestinationKeyId: id, DestinationEncryptionAlgorithm: new("RSAES_OAEP_SHA_256")})
	h.Equal("re-encrypted", do[api.DecryptOutput](h, &api.DecryptInput{KeyId: id, CiphertextBlob: re.CiphertextBlob, EncryptionAlgorithm: new("RSAES_OAEP_SHA_256")}).Plaintext, []byte("x"))
}

func TestDeriveSharedSecret(t *testing.T) {
	h := newHouse(t)
	for spec, curve := range map[string]ecdh.Curve{"ECC_NIST_P256": ecdh.P256(), "ECC_NIST_P384": ecdh.P384(), "ECC_NIST_P521": ecdh.P521()} {
		id := h.specced(spec, "KEY_AGREEMENT")
		mine, err := curve.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(mine.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := h.public(id).(*ecdsa.PublicKey).ECDH()
		if err != nil {
			t.Fatal(err)
		}
		want, err := mine.ECDH(theirs)
		if err != nil {
			t.Fatal(err)
		}
		out := do[api.DeriveSharedSecretOutput](h, &api.DeriveSharedSecretInput{KeyId: id, PublicKey: der, KeyAgreementAlgorithm: new("ECDH")})
		h.Equal("secret", []any{out.SharedSecret, *out.KeyOrigin}, []any{want, "AWS_KMS"})
		other, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := x509.MarshalPKIXPublicKey(other.Public())
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]byte{wrong, der[1:], []byte("x")} {
			h.Fails("ValidationException", &api.DeriveSharedSecretInput{KeyId: id, PublicKey: bad, KeyAgreementAlgorithm: new("ECDH")})
		}
	}
}

func TestDataKeys(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	context := map[string]string{"a": "1"}
	for _, test := range []struct {
		spec *string
		n    *int32
		want int
	}{{new("AES_128"), nil, 16}, {new("AES_256"), nil, 32}, {nil, new(int32(1)), 1}, {nil, new(int32(1024)), 1024}} {
		out := do[api.GenerateDataKeyOutput](h, &api.GenerateDataKeyInput{KeyId: &id, KeySpec: test.spec, NumberOfBytes: test.n, EncryptionContext: context})
		h.Equal("size", len(out.Plaintext), test.want)
		h.Equal("decrypted", do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: context}).Plaintext, out.Plaintext)
		hidden := do[api.GenerateDataKeyWithoutPlaintextOutput](h, &api.GenerateDataKeyWithoutPlaintextInput{KeyId: &id, KeySpec: test.spec, NumberOfBytes: test.n, EncryptionContext: context})
		h.Equal("size", len(do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: hidden.CiphertextBlob, EncryptionContext: context}).Plaintext), test.want)
	}
	for _, spec := range []string{"RSA_2048", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_NIST_EDWARDS25519"} {
		out := do[api.GenerateDataKeyPairOutput](h, &api.GenerateDataKeyPairInput{KeyId: &id, KeyPairSpec: &spec, EncryptionContext: context})
		h.pairs(out.PrivateKeyPlaintext, out.PublicKey)
		h.Equal("private", do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: out.PrivateKeyCiphertextBlob, EncryptionContext: context}).Plaintext, out.PrivateKeyPlaintext)
		hidden := do[api.GenerateDataKeyPairWithoutPlaintextOutput](h, &api.GenerateDataKeyPairWithoutPlaintextInput{KeyId: &id, KeyPairSpec: &spec})
		h.pairs(do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: hidden.PrivateKeyCiphertextBlob}).Plaintext, hidden.PublicKey)
	}
	h.Equal("random", len(do[api.GenerateRandomOutput](h, &api.GenerateRandomInput{NumberOfBytes: new(int32(1024))}).Plaintext), 1024)
}

// pairs checks that a private and a public key belong together.
func (h *house) pairs(private, public []byte) {
	h.Helper()
	key, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		h.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.(crypto.Signer).Public())
	if err != nil || !bytes.Equal(der, public) {
		h.Error("the halves do not belong together", err)
	}
}

func TestUsesRefused(t *testing.T) {
	h := newHouse(t)
	sym := new(h.create(&api.CreateKeyInput{}))
	sign := h.specced("ECC_NIST_P256", "SIGN_VERIFY")
	agree := h.specced("ECC_NIST_P256", "KEY_AGREEMENT")
	crypt := h.specced("RSA_2048", "ENCRYPT_DECRYPT")
	mac := h.specced("HMAC_256", "GENERATE_VERIFY_MAC")
	x := []byte("x")
	usage := func(id *string, usage, operation string) string {
		return "InvalidKeyUsageException: " + h.arn(*id) + " key usage is " + usage + " which is not valid for " + operation + "."
	}
	for _, test := range []struct {
		in   wire.Shape
		want string
	}{
		{&api.EncryptInput{KeyId: sign, Plaintext: x}, usage(sign, "SIGN_VERIFY", "Encrypt")},
		{&api.EncryptInput{KeyId: crypt, Plaintext: x}, "InvalidKeyUsageException: Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."},
		{&api.EncryptInput{KeyId: sym, Plaintext: x, EncryptionAlgorithm: new("RSAES_OAEP_SHA_1")}, "InvalidKeyUsageException: Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT."},
		{&api.EncryptInput{KeyId: sym, Plaintext: make([]byte, 4097)}, "ValidationException"},
		{&api.EncryptInput{KeyId: sym, Plaintext: x, EncryptionContext: map[string]string{"": "x"}}, "ValidationException"},
		{&api.EncryptInput{KeyId: sym, Plaintext: x, EncryptionContext: map[string]string{"x": strings.Repeat("x", 8192)}}, "ValidationException"},
		{&api.EncryptInput{KeyId: sym, Plaintext: x, DryRun: new(true)}, "DryRunOperationException: The request would have succeeded, but the DryRun option is set."},
		{&api.EncryptInput{KeyId: sym, Plaintext: x, GrantTokens: []string{"x"}}, "InvalidGrantTokenException"},
		{&api.DecryptInput{CiphertextBlob: x}, "InvalidCiphertextException: "},
		{&api.DecryptInput{KeyId: sym, CiphertextBlob: x}, "InvalidCiphertextException: "},
		{&api.DecryptInput{KeyId: sym, DryRun: new(true), DryRunModifiers: []string{"IGNORE_CIPHERTEXT"}}, "DryRunOperationException"},
		{&api.DecryptInput{KeyId: sym, CiphertextBlob: x, Recipient: &api.RecipientInfo{AttestationDocument: x}}, "UnsupportedOperationException"},
		{&api.GenerateDataKeyInput{KeyId: sym}, "ValidationException: Please specify either number of bytes or key spec."},
		{&api.GenerateDataKeyInput{KeyId: sym, KeySpec: new("AES_256"), NumberOfBytes: new(int32(1))}, "ValidationException: Please specify either number of bytes or key spec."},
		{&api.GenerateDataKeyInput{KeyId: crypt, KeySpec: new("AES_256")}, "InvalidKeyUsageException"},
		{&api.GenerateDataKeyInput{KeyId: sym, KeySpec: new("AES_256"), DryRun: new(true)}, "DryRunOperationException"},
		{&api.GenerateDataKeyWithoutPlaintextInput{KeyId: sym, KeySpec: new("AES_256"), DryRun: new(true)}, "DryRunOperationException"},
		{&api.GenerateDataKeyPairInput{KeyId: sym, KeyPairSpec: new("ECC_SECG_P256K1")}, "UnsupportedOperationException: KeyPairSpec ECC_SECG_P256K1 is not supported in this Region."},
		{&api.GenerateDataKeyPairInput{KeyId: sym, KeyPairSpec: new("RSA_4096"), DryRun: new(true)}, "DryRunOperationException"},
		{&api.SignInput{KeyId: sym, Message: x, SigningAlgorithm: new("ECDSA_SHA_256")}, usage(sym, "ENCRYPT_DECRYPT", "Sign")},
		{&api.SignInput{KeyId: sign, Message: x, SigningAlgorithm: new("ECDSA_SHA_384")}, "InvalidKeyUsageException: Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."},
		{&api.SignInput{KeyId: sign, Message: x, SigningAlgorithm: new("ECDSA_SHA_256"), MessageType: new("EXTERNAL_MU")}, "ValidationException"},
		{&api.SignInput{KeyId: sign, Message: x, SigningAlgorithm: new("ECDSA_SHA_256"), DryRun: new(true)}, "DryRunOperationException"},
		{&api.VerifyInput{KeyId: agree, Message: x, Signature: x, SigningAlgorithm: new("ECDSA_SHA_256")}, usage(agree, "KEY_AGREEMENT", "Verify")},
		{&api.VerifyInput{KeyId: sign, Message: x, Signature: x, SigningAlgorithm: new("ECDSA_SHA_256"), DryRun: new(true)}, "DryRunOperationException"},
		{&api.GenerateMacInput{KeyId: sym, Message: x, MacAlgorithm: new("HMAC_SHA_256")}, usage(sym, "ENCRYPT_DECRYPT", "GenerateMac")},
		{&api.GenerateMacInput{KeyId: mac, Message: x, MacAlgorithm: new("HMAC_SHA_512")}, "InvalidKeyUsageException: Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256."},
		{&api.GenerateMacInput{KeyId: mac, Message: x, MacAlgorithm: new("HMAC_SHA_256"), DryRun: new(true)}, "DryRunOperationException"},
		{&api.VerifyMacInput{KeyId: mac, Message: x, Mac: x, MacAlgorithm: new("HMAC_SHA_256"), DryRun: new(true)}, "DryRunOperationException"},
		{&api.DeriveSharedSecretInput{KeyId: sign, PublicKey: x, KeyAgreementAlgorithm: new("ECDH")}, usage(sign, "SIGN_VERIFY", "DeriveSharedSecret")},
		{&api.GetPublicKeyInput{KeyId: sym}, "UnsupportedOperationException"},
		{&api.GetPublicKeyInput{KeyId: mac}, "UnsupportedOperationException"},
		{&api.GenerateRandomInput{}, "ValidationException: NumberOfBytes is required."},
		{&api.GenerateRandomInput{NumberOfBytes: new(int32(1025))}, "ValidationException"},
		{&api.GenerateRandomInput{NumberOfBytes: new(int32(1)), CustomKeyStoreId: new("cks-1")}, "CustomKeyStoreNotFoundException"},
	} {
		h.Fails(test.want, test.in)
	}
}
