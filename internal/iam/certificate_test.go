package iam

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// certified makes a certificate and its key in PEM.
func certified(t *testing.T, expires time.Time) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: expires.AddDate(-1, 0, 0), NotAfter: expires}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), privatePEM(t, private)
}

func privatePEM(t *testing.T, key crypto.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestServerCertificate(t *testing.T) {
	f := newFixture(t)
	expires := f.Clock.Now().AddDate(1, 0, 0)
	body, key := certified(t, expires)
	chain, otherKey := certified(t, expires)
	name := new("web")
	in := &api.UploadServerCertificateInput{ServerCertificateName: name, Path: new("/cdn/"), CertificateBody: &body, PrivateKey: &key, CertificateChain: new(chain + chain),
		Tags: []api.Tag{{Key: new("team"), Value: new("blue")}}}
	m := f.Do(in).(*api.UploadServerCertificateOutput).ServerCertificateMetadata
	f.Equal("metadata", []any{*m.Arn, *m.Expiration}, []any{"arn:aws:iam::111111111111:server-certificate/cdn/web", expires})
	f.Fails("EntityAlreadyExists: The Server Certificate with name web already exists.", in)
	stored, _ := serverCertificates.Get(f.Store.View(), recordKey(account, "web"))
	if strings.Contains(stored.Sealed, "PRIVATE") || strings.Contains(stored.Body, "PRIVATE") {
		t.Error("the private key is stored in the clear")
	}
	got := f.Do(&api.GetServerCertificateInput{ServerCertificateName: name}).(*api.GetServerCertificateOutput).ServerCertificate
	f.Equal("certificate", []string{*got.CertificateBody, *got.CertificateChain}, []string{strings.TrimSpace(body), strings.TrimSpace(chain + chain)})

	const unreadable = "MalformedCertificate: Unable to parse certificate. Please ensure the certificate is in PEM format."
	for want, in := range map[string]*api.UploadServerCertificateInput{
		unreadable: {CertificateBody: new("x"), PrivateKey: &key},
		"MalformedCertificate: Unable to parse key. Please ensure the private key is in PEM format and not encrypted.": {CertificateBody: &body, PrivateKey: new("x")},
		"KeyPairMismatch: The public key in the certificate does not match the private key.":                           {CertificateBody: &body, PrivateKey: &otherKey},
	} {
		in.ServerCertificateName = new("other")
		f.Fails(want, in)
	}
	f.Fails(unreadable, &api.UploadServerCertificateInput{ServerCertificateName: new("other"), CertificateBody: &body, PrivateKey: &key, CertificateChain: new(chain + "x")})
	f.Fails(unreadable, &api.UploadServerCertificateInput{ServerCertificateName: new("other"), CertificateBody: new(body + chain), PrivateKey: &key})

	f.Do(&api.UpdateServerCertificateInput{ServerCertificateName: name, NewServerCertificateName: new("site"), NewPath: new("/")})
	f.Fails("NoSuchEntity: The Server Certificate with name web cannot be found.", &api.GetServerCertificateInput{ServerCertificateName: name})
	f.Do(&api.TagServerCertificateInput{ServerCertificateName: new("site"), Tags: []api.Tag{{Key: new("x"), Value: new("y")}}},
		&api.UntagServerCertificateInput{ServerCertificateName: new("site"), TagKeys: []string{"team"}})
	f.Equal("tags", *f.Do(&api.ListServerCertificateTagsInput{ServerCertificateName: new("site")}).(*api.ListServerCertificateTagsOutput).Tags[0].Key, "x")
	f.Equal("list", *f.Do(&api.ListServerCertificatesInput{}).(*api.ListServerCertificatesOutput).ServerCertificateMetadataList[0].Arn, "arn:aws:iam::111111111111:server-certificate/site")
	f.Equal("under a path", len(f.Do(&api.ListServerCertificatesInput{PathPrefix: new("/cdn/")}).(*api.ListServerCertificatesOutput).ServerCertificateMetadataList), 0)
	f.Do(&api.DeleteServerCertificateInput{ServerCertificateName: new("site")})
	f.Equal("summary", f.Do(&api.GetAccountSummaryInput{}).(*api.GetAccountSummaryOutput).SummaryMap["ServerCertificates"], int32(0))
}

func TestSigningCertificate(t *testing.T) {
	f := newFixture(t)
	body, _ := certified(t, f.Clock.Now().AddDate(1, 0, 0))
	old, _ := certified(t, f.Clock.Now())
	f.Fails("InvalidCertificate: The certificate has expired.", &api.UploadSigningCertificateInput{CertificateBody: &old})
	k := f.Do(&api.UploadSigningCertificateInput{CertificateBody: &body}).(*api.UploadSigningCertificateOutput).Certificate
	f.Equal("certificate", []any{*k.UserName, *k.Status, len(*k.CertificateId)}, []any{"admin", "Active", 32})
	f.Fails("DuplicateCertificate: The same certificate is already associated with an IAM user in the account.", &api.UploadSigningCertificateInput{CertificateBody: &body})
	second, _ := certified(t, f.Clock.Now().AddDate(1, 0, 0))
	third, _ := certified(t, f.Clock.Now().AddDate(1, 0, 0))
	f.Do(&api.UploadSigningCertificateInput{CertificateBody: &second})
	f.Fails("LimitExceeded: Cannot exceed quota for CertificatesPerUser: 2", &api.UploadSigningCertificateInput{CertificateBody: &third})
	f.Fails("InvalidInput: The status Expired cannot be set.", &api.UpdateSigningCertificateInput{CertificateId: k.CertificateId, Status: new("Expired")})
	f.Do(&api.UpdateSigningCertificateInput{CertificateId: k.CertificateId, Status: new("Inactive")},
		&api.UpdateUserInput{UserName: new("admin"), NewUserName: new("boss")})
	f.Caller = f.as(f.admin.AccessKeyID, "")
	f.Equal("list", len(f.Do(&api.ListSigningCertificatesInput{}).(*api.ListSigningCertificatesOutput).Certificates), 2)
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	f.Fails("NoSuchEntity: The Certificate with id "+*k.CertificateId+" cannot be found.", &api.DeleteSigningCertificateInput{UserName: new("ada"), CertificateId: k.CertificateId})
	f.Do(&api.DeleteSigningCertificateInput{CertificateId: k.CertificateId})
}

func TestSSHPublicKey(t *testing.T) {
	f := newFixture(t)
	private, _ := rsa.GenerateKey(rand.Reader, leastSSH)
	public, _ := ssh.NewPublicKey(&private.PublicKey)
	line := string(ssh.MarshalAuthorizedKey(public))
	der, _ := x509.MarshalPKIXPublicKey(&private.PublicKey)
	armored := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	small, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	curve, _ := ssh.NewPublicKey(&small.PublicKey)

	k := f.Do(&api.UploadSSHPublicKeyInput{UserName: new("admin"), SSHPublicKeyBody: new(strings.TrimSpace(line) + " me@home")}).(*api.UploadSSHPublicKeyOutput).SSHPublicKey
	f.Equal("key", []any{*k.SSHPublicKeyBody, *k.Fingerprint, *k.Status}, []any{strings.TrimSpace(line), ssh.FingerprintLegacyMD5(public), "Active"})
	f.Fails("DuplicateSSHPublicKey: The specified SSH public key is already associated with the specified user.", &api.UploadSSHPublicKeyInput{UserName: new("admin"), SSHPublicKeyBody: &armored})
	f.Fails("InvalidPublicKey: The public key is malformed or otherwise invalid.", &api.UploadSSHPublicKeyInput{UserName: new("admin"), SSHPublicKeyBody: new("ssh-rsa AAAA")})
	f.Fails("InvalidPublicKey: The public key must be an RSA key of 2048 to 16384 bits.", &api.UploadSSHPublicKeyInput{UserName: new("admin"), SSHPublicKeyBody: new(string(ssh.MarshalAuthorizedKey(curve)))})
	got := f.Do(&api.GetSSHPublicKeyInput{UserName: new("admin"), SSHPublicKeyId: k.SSHPublicKeyId, Encoding: new("PEM")}).(*api.GetSSHPublicKeyOutput).SSHPublicKey
	f.Equal("in PEM", *got.SSHPublicKeyBody, armored)
	f.Do(&api.UpdateSSHPublicKeyInput{UserName: new("admin"), SSHPublicKeyId: k.SSHPublicKeyId, Status: new("Inactive")})
	f.Equal("list", *f.Do(&api.ListSSHPublicKeysInput{}).(*api.ListSSHPublicKeysOutput).SSHPublicKeys[0].Status, "Inactive")
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	f.Fails("NoSuchEntity: The Public Key with id "+*k.SSHPublicKeyId+" cannot be found.", &api.DeleteSSHPublicKeyInput{UserName: new("ada"), SSHPublicKeyId: k.SSHPublicKeyId})
	f.Do(&api.DeleteSSHPublicKeyInput{UserName: new("admin"), SSHPublicKeyId: k.SSHPublicKeyId})
}

// A user that still has something is not deleted.
func TestDeleteUserWithCredentials(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	f.Update(func(tx *store.Tx) error {
		signingCertificates.Put(tx, "c", &SigningCertificate{User: recordKey(account, "ada")})
		sshKeys.Put(tx, "k", &SSHKey{User: recordKey(account, "ada")})
		return nil
	})
	f.Fails("DeleteConflict: Cannot delete entity, must delete signing certificates first.", &api.DeleteUserInput{UserName: new("ada")})
	f.Update(func(tx *store.Tx) error { signingCertificates.Delete(tx, "c"); return nil })
	f.Fails("DeleteConflict: Cannot delete entity, must delete SSH public keys first.", &api.DeleteUserInput{UserName: new("ada")})
}

func FuzzCredentialParsers(f *testing.F) {
	f.Add("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "ssh-rsa AAAA")
	f.Fuzz(func(t *testing.T, certificate, key string) {
		parseCertificate(certificate)
		checkChain(certificate)
		checkPair(certificate, key)
		parseSSHKey(key)
	})
}
