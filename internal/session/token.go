package session

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/seal"
)

// Credentials are temporary credentials.
type Credentials struct {
	Secret string
	// Principal is who acts with them: its Session is set and its AccessKeyID
	// is theirs.
	Principal aws.Principal
	// IssuedBy is the long-term access key of the user or root that asked for
	// credentials of its own, "" for those of a role. They live no longer
	// than it.
	IssuedBy string
}

// Codec makes and reads tokens. It may be used by several goroutines.
type Codec struct{ key *seal.Key }

// NewCodec returns the codec of a master key.
func NewCodec(master *seal.Key) *Codec { return &Codec{master.For("session token")} }

// ErrInvalid is the error of a token that was not made with this master key
// for this access key.
var ErrInvalid = errors.New("session: the token is not valid")

// The first byte of what is sealed says how the rest is written.
const (
	plain    = 1 // JSON of a payload
	deflated = 2 // the same, deflated
)

// deflateFrom is the length at which a payload is worth deflating: it has
// session policies or many tags.
const deflateFrom = 512

// maxPayload bounds what a token may grow to when it is inflated.
const maxPayload = 256 << 10

// payload is a session in a token. The access key id is not in it: it is the
// label of the seal.
type payload struct {
	Secret  string            `json:"s"`
	By      string            `json:"b,omitempty"`
	Type    aws.PrincipalType `json:"t"`
	Account string            `json:"a"`
	ARN     string            `json:"r"`
	ID      string            `json:"i"`
	User    string            `json:"u,omitempty"`

	IssuerType aws.PrincipalType `json:"it"`
	IssuerID   string            `json:"ii"`
	IssuerARN  string            `json:"ir"`
	IssuerName string            `json:"in,omitempty"`

	Name           string            `json:"n,omitempty"`
	Created        int64             `json:"c"`
	Expires        int64             `json:"e"`
	MFA            bool              `json:"m,omitempty"`
	SourceIdentity string            `json:"si,omitempty"`
	Policies       []string          `json:"p,omitempty"`
	Tags           map[string]string `json:"g,omitempty"`
	TransitiveTags []string          `json:"gt,omitempty"`
	FromConsole    bool              `json:"w,omitempty"`
}

// Token returns the token of the credentials, which must have a Session. Times
// keep their seconds and lose what is below.
func (c *Codec) Token(cr Credentials) string {
	p, s := cr.Principal, cr.Principal.Session
	body, err := json.Marshal(payload{
		Secret: cr.Secret, By: cr.IssuedBy,
		Type: p.Type, Account: p.Account, ARN: p.ARN, ID: p.ID, User: p.UserName,
		IssuerType: s.IssuerType, IssuerID: s.IssuerID, IssuerARN: s.IssuerARN, IssuerName: s.IssuerName,
		Name: s.Name, Created: s.Created.Unix(), Expires: s.Expires.Unix(), MFA: s.MFA, SourceIdentity: s.SourceIdentity,
		Policies: s.Policies, Tags: s.Tags, TransitiveTags: s.TransitiveTags, FromConsole: s.FromConsole,
	})
	if err != nil {
		panic(err) // a payload holds nothing that JSON cannot
	}
	form := byte(plain)
	if len(body) >= deflateFrom {
		form, body = deflated, deflate(body)
	}
	return base64.StdEncoding.EncodeToString(c.key.Seal(append([]byte{form}, body...), p.AccessKeyID))
}

// Open reads the token that was presented with an access key. The error is
// ErrInvalid. Whether the credentials have expired is not looked at.
func (c *Codec) Open(accessKeyID, token string) (*Credentials, error) {
	sealed, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil, ErrInvalid
	}
	body, err := c.key.Open(sealed, accessKeyID)
	if err != nil || len(body) == 0 {
		return nil, ErrInvalid
	}
	p, err := decode(body[0], body[1:])
	if err != nil {
		return nil, ErrInvalid
	}
	return &Credentials{
		Secret: p.Secret, IssuedBy: p.By,
		Principal: aws.Principal{
			Type: p.Type, Account: p.Account, ARN: p.ARN, ID: p.ID, UserName: p.User, AccessKeyID: accessKeyID,
			Session: &aws.Session{
				IssuerType: p.IssuerType, IssuerID: p.IssuerID, IssuerARN: p.IssuerARN, IssuerName: p.IssuerName,
				Name: p.Name, Created: time.Unix(p.Created, 0).UTC(), Expires: time.Unix(p.Expires, 0).UTC(),
				MFA: p.MFA, SourceIdentity: p.SourceIdentity,
				Policies: p.Policies, Tags: p.Tags, TransitiveTags: p.TransitiveTags, FromConsole: p.FromConsole,
			},
		},
	}, nil
}

func decode(form byte, body []byte) (p payload, err error) {
	switch form {
	case plain:
	case deflated:
		if body, err = inflate(body); err != nil {
			return p, err
		}
	default:
		return p, ErrInvalid
	}
	return p, json.Unmarshal(body, &p)
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression) // fails on an unknown level alone
	w.Write(b)                                           // a Buffer takes everything
	w.Close()
	return out.Bytes()
}

func inflate(b []byte) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), maxPayload+1))
	if len(out) > maxPayload {
		return nil, ErrInvalid
	}
	return out, err
}

// Packed is the number of bytes that session policies and tags take in a
// token.
func Packed(policies []string, tags map[string]string) int {
	body, err := json.Marshal(payload{Policies: policies, Tags: tags})
	if err != nil {
		panic(err) // a payload holds nothing that JSON cannot
	}
	empty, _ := json.Marshal(payload{})
	return max(0, len(deflate(body))-len(deflate(empty)))
}
