package sigv4

import (
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Credentials are what a call is signed with. Token is "" for long-term keys.
type Credentials struct{ AccessKey, Secret, Token string }

// Sign signs an outgoing request in its Authorization header, for the time t.
// It sets X-Amz-Date, X-Amz-Security-Token if there is a token, and for S3
// X-Amz-Content-Sha256 to payloadHash: a hash or one of the Payload constants.
// Signed are the host, content-type, content-md5 and all x-amz- headers,
// however their names are written in r.Header.
func Sign(r *http.Request, c Credentials, region, service, payloadHash string, t time.Time) {
	now := stamp(t)
	r.Header.Set("X-Amz-Date", now)
	if c.Token != "" {
		r.Header.Set("X-Amz-Security-Token", c.Token)
	}
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", payloadHash)
	}
	scope := now[:len(dayForm)] + "/" + region + "/" + service + "/" + terminator

	text := newCanonical()
	defer text.free()
	text.line(r, service == "s3")
	signedHeaders := text.outgoing(r)
	text.end(signedHeaders, payloadHash)
	signature := deriveKey(c.Secret, scope).sign(text.appendStringToSign(nil, now, scope))

	r.Header.Set("Authorization", algorithm+" Credential="+c.AccessKey+"/"+scope+
		", SignedHeaders="+signedHeaders+", Signature="+hex.EncodeToString(signature))
}

// outgoing writes the headers of a request that is going to be sent, and
// returns their names. Several spellings of one name are one header, whose
// values come in the order in which net/http writes them.
func (c *canonical) outgoing(r *http.Request) (signedHeaders string) {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	headers := map[string][]string{"host": {host}}
	for _, key := range slices.Sorted(maps.Keys(r.Header)) {
		name := strings.ToLower(key)
		if strings.HasPrefix(name, "x-amz-") || name == "content-type" || name == "content-md5" {
			headers[name] = append(headers[name], r.Header[key]...)
		}
	}
	names := slices.Sorted(maps.Keys(headers))
	for _, name := range names {
		c.header(name, headers[name]...)
	}
	return strings.Join(names, ";")
}
