package oidc

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/outbound"
)

// The bounds of one answer.
const (
	patience   = 5 * time.Second
	maxAnswer  = 128 << 10
	maxHeaders = 16 << 10
)

// fetch asks an issuer for the place of its keys, and then for the keys.
func (v *Verifier) fetch(ctx context.Context, from Issuer) (keys, error) {
	var configuration struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	b, err := v.get(ctx, strings.TrimSuffix(from.URL, "/")+"/.well-known/openid-configuration", from.Thumbprints)
	if err == nil {
		err = json.Unmarshal(b, &configuration)
	}
	if err == nil && configuration.Issuer != from.URL {
		err = fmt.Errorf("it calls itself %q", configuration.Issuer)
	}
	if err == nil {
		b, err = v.get(ctx, configuration.JWKSURI, from.Thumbprints)
	}
	var found keys
	if err == nil {
		found, err = parseKeys(b)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, from.URL, err)
	}
	return found, nil
}

// get fetches one document.
func (v *Verifier) get(ctx context.Context, address string, thumbprints []string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is not an https URL", address)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Transport:     v.transport(u.Hostname(), thumbprints),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, response.Status)
	}
	b, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = fmt.Errorf("%s answers with more than %d bytes", address, maxAnswer)
	}
	return b, err
}

// transport reaches one host, once.
func (v *Verifier) transport(host string, thumbprints []string) *http.Transport {
	dialer := &net.Dialer{Timeout: patience, Control: outbound.Guard{Private: v.Private}.Control}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience,
		DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeaders,
		TLSClientConfig: &tls.Config{
			ServerName: host, MinVersion: tls.VersionTLS12,
			InsecureSkipVerify: true, // trusts replaces it: it knows of thumbprints
			VerifyConnection:   func(cs tls.ConnectionState) error { return trusts(cs.PeerCertificates, host, thumbprints) },
		},
	}
}

// trusts verifies a host's certificates: a known authority vouches for them,
// or one of them has a thumbprint that is trusted and vouches for the first.
func trusts(chain []*x509.Certificate, host string, thumbprints []string) error {
	if len(chain) == 0 {
		return errors.New("no certificate")
	}
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Intermediates: intermediates})
	if err == nil {
		return nil
	}
	for _, c := range chain {
		sum := sha1.Sum(c.Raw)
		if !slices.ContainsFunc(thumbprints, func(t string) bool { return strings.EqualFold(t, hex.EncodeToString(sum[:])) }) {
			continue
		}
		roots := x509.NewCertPool()
		roots.AddCert(c)
		if _, e := chain[0].Verify(x509.VerifyOptions{DNSName: host, Intermediates: intermediates, Roots: roots}); e == nil {
			return nil
		}
	}
	return err
}
