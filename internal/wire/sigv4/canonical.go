package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// canonical builds a canonical request and the string to sign that follows
// from it. Its memory is reused from call to call.
type canonical struct {
	text   []byte
	query  []byte // the encoded parameters, in the order they came
	params []param
}

// param is one parameter of a query, as positions in canonical.query.
type param struct{ start, middle, end int }

var canonicals = sync.Pool{New: func() any { return new(canonical) }}

// maxKept is the memory that a canonical may take back to the pool.
const maxKept = 64 << 10

func newCanonical() *canonical {
	c := canonicals.Get().(*canonical)
	c.text, c.query, c.params = c.text[:0], c.query[:0], c.params[:0]
	return c
}

func (c *canonical) free() {
	if cap(c.text)+cap(c.query) <= maxKept {
		canonicals.Put(c)
	}
}

// line writes the method, the path and the query. S3 signs the path encoded
// once and as it is; the others sign its encoded form, normalised and encoded
// again.
func (c *canonical) line(r *http.Request, s3 bool) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	c.text = append(c.text, method...)
	c.text = append(c.text, '\n')
	path := r.URL.Path
	if !s3 {
		path = normalize(r.URL.EscapedPath())
	}
	if path == "" {
		path = "/"
	}
	for i := range len(path) {
		if path[i] == '/' {
			c.text = append(c.text, '/')
		} else {
			c.text = appendEscaped(c.text, path[i])
		}
	}
	c.text = append(c.text, '\n')
	c.sortedQuery(r.URL.RawQuery)
	c.text = append(c.text, '\n')
}

// sortedQuery writes the query, each name and value decoded and encoded again
// in the one form that is signed, in the order of the encoded names and then
// values. A presigned URL's own signature stays out.
func (c *canonical) sortedQuery(raw string) {
	for name, value := range params(raw) {
		if name == "X-Amz-Signature" {
			continue
		}
		p := param{start: len(c.query)}
		c.query = appendReencoded(c.query, name)
		p.middle = len(c.query)
		c.query = appendReencoded(c.query, value)
		p.end = len(c.query)
		c.params = append(c.params, p)
	}
	q := c.query
	slices.SortFunc(c.params, func(a, b param) int {
		if n := bytes.Compare(q[a.start:a.middle], q[b.start:b.middle]); n != 0 {
			return n
		}
		return bytes.Compare(q[a.middle:a.end], q[b.middle:b.end])
	})
	for i, p := range c.params {
		if i > 0 {
			c.text = append(c.text, '&')
		}
		c.text = append(c.text, q[p.start:p.middle]...)
		c.text = append(c.text, '=')
		c.text = append(c.text, q[p.middle:p.end]...)
	}
}

// header writes one header: its values with their white space folded, joined
// with commas.
func (c *canonical) header(name string, values ...string) {
	c.text = append(c.text, name...)
	c.text = append(c.text, ':')
	for i, v := range values {
		if i > 0 {
			c.text = append(c.text, ',')
		}
		c.text = appendFolded(c.text, v)
	}
	c.text = append(c.text, '\n')
}

// received writes the signed headers of a request as the server got it. A
// header that was signed and is not there counts as empty.
func (c *canonical) received(r *http.Request, signedHeaders string) {
	for name := range strings.SplitSeq(signedHeaders, ";") {
		switch name {
		case "host":
			c.header(name, r.Host)
			continue
		case "transfer-encoding":
			c.header(name, r.TransferEncoding...)
			continue
		}
		values := lookup(r.Header, name)
		if name == "content-length" && values == nil && r.ContentLength >= 0 {
			c.header(name, strconv.FormatInt(r.ContentLength, 10))
			continue
		}
		c.header(name, values...)
	}
}

// end writes the list of signed headers and the payload's hash, which closes
// the canonical request.
func (c *canonical) end(signedHeaders, payloadHash string) {
	c.text = append(c.text, '\n')
	c.text = append(c.text, signedHeaders...)
	c.text = append(c.text, '\n')
	c.text = append(c.text, payloadHash...)
}

// appendStringToSign appends what the key signs for this canonical request.
func (c *canonical) appendStringToSign(b []byte, stamp, scope string) []byte {
	b = append(append(append(b, algorithm...), '\n'), stamp...)
	b = append(append(append(b, '\n'), scope...), '\n')
	sum := sha256.Sum256(c.text)
	return hex.AppendEncode(b, sum[:])
}

// lookup returns the values of a header by its lower-case name, without
// making the canonical name on the heap.
func lookup(h http.Header, name string) []string {
	var buf [64]byte
	if len(name) > len(buf) {
		return h[textproto.CanonicalMIMEHeaderKey(name)]
	}
	upper := true
	for i := range len(name) {
		ch := name[i]
		if upper && 'a' <= ch && ch <= 'z' {
			ch -= 'a' - 'A'
		}
		buf[i] = ch
		upper = ch == '-'
	}
	return h[string(buf[:len(name)])]
}

// appendFolded appends a header's value without white space at its ends and
// with one space for every run of it inside.
func appendFolded(b []byte, v string) []byte {
	start, gap := len(b), false
	for i := range len(v) {
		if v[i] == ' ' || v[i] == '\t' {
			gap = true
			continue
		}
		if gap && len(b) > start {
			b = append(b, ' ')
		}
		gap = false
		b = append(b, v[i])
	}
	return b
}

const upperHex = "0123456789ABCDEF"

// unreserved are the characters that stand for themselves.
var unreserved = func() (t [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") {
		t[c] = true
	}
	return t
}()

func appendEscaped(b []byte, c byte) []byte {
	if unreserved[c] {
		return append(b, c)
	}
	return append(b, '%', upperHex[c>>4], upperHex[c&15])
}

// appendReencoded appends a part of a query decoded and encoded again. A plus
// is a space; a percent sign that begins no escape is itself.
func appendReencoded(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(s) && isHex(s[i+1:i+3]):
			c = unhex(s[i+1])<<4 | unhex(s[i+2])
			i += 2
		}
		b = appendEscaped(b, c)
	}
	return b
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// normalize removes empty, "." and ".." segments from a path and keeps a slash
// at its end.
func normalize(path string) string {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path
	}
	var segments []string
	for s := range strings.SplitSeq(path, "/") {
		switch s {
		case "", ".":
		case "..":
			if len(segments) > 0 {
				segments = segments[:len(segments)-1]
			}
		default:
			segments = append(segments, s)
		}
	}
	clean := "/" + strings.Join(segments, "/")
	if len(segments) > 0 && strings.HasSuffix(path, "/") {
		clean += "/"
	}
	return clean
}
