package policy

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// principals is a compiled Principal or NotPrincipal element.
type principals struct {
	everyone  bool              // "*"
	accounts  []string          // whole accounts, by id
	names     []string          // ARNs and unique ids of users, roles and sessions
	ids       map[string]string // unique ids of those among names that are bound to one: see Source.Bind
	services  []string
	federated []string
	canonical []string
}

func compilePrincipals(src *outlineStatement) (*principals, *SyntaxError) {
	p := new(principals)
	for _, set := range src.principals {
		path := join(join(src.path, src.principalElement), set.kind)
		if set.kind == "" {
			path = join(src.path, src.principalElement)
		}
		if len(set.values) == 0 {
			return nil, syntaxErrorf(path, isEmpty)
		}
		for _, value := range set.values {
			if problem := p.add(set.kind, value); problem != "" {
				return nil, syntaxErrorf(path, "%s", problem)
			}
		}
	}
	if len(src.principals) == 0 {
		return nil, syntaxErrorf(join(src.path, src.principalElement), isEmpty)
	}
	return p, nil
}

// add takes in one value of a kind and returns what is wrong with it, or "".
func (p *principals) add(kind, value string) string {
	if value == "" {
		return isEmpty
	}
	switch kind {
	case "":
		if value != "*" {
			return `must be "*" or an object`
		}
		p.everyone = true
	case "AWS":
		if value == "*" {
			p.everyone = true
		} else if account, ok := wholeAccount(value); ok {
			p.accounts = append(p.accounts, account)
		} else {
			p.names = append(p.names, value)
		}
	case "Service":
		p.services = append(p.services, value)
	case "Federated":
		p.federated = append(p.federated, value)
	case "CanonicalUser":
		p.canonical = append(p.canonical, value)
	default:
		return "unknown kind of principal"
	}
	return ""
}

// wholeAccount returns the account that an AWS principal stands for when it
// stands for a whole one: by its id or by the ARN of its root.
func wholeAccount(value string) (string, bool) {
	if aws.IsAccountID(value) {
		return value, true
	}
	arn, ok := aws.ParseARN(value)
	if ok && arn.Service == "iam" && arn.Resource == "root" && aws.IsAccountID(arn.Account) {
		return arn.Account, true
	}
	return "", false
}

// caller is a request's principal by the names that policies may call it.
type caller struct {
	kind      aws.PrincipalType
	account   string
	canonical string
	// own is what acts: the user, the role session, the federated user.
	own, ownID string
	// parent is what a session was made from: the role, or the user who
	// asked for a federated user's credentials.
	parent, parentID string
	service          string
	provider         string // identity provider that vouches for the caller
	serviceLinked    bool
	// isRoot is true of the root user and of whom it gave credentials: in
	// their account they need no policy.
	isRoot bool
}

func callerOf(r *Request) caller {
	p := &r.Principal
	c := caller{kind: p.Type, account: p.Account, canonical: r.CanonicalUser, own: p.ARN, ownID: p.ID}
	switch p.Type {
	case aws.AWSService:
		return caller{kind: p.Type, service: p.Service}
	case aws.Anonymous:
		c = caller{kind: p.Type}
		if provider := r.context()["aws:federatedprovider"]; len(provider) == 1 {
			c.provider = provider[0]
		}
	case aws.WebIdentityUser, aws.SAMLUser:
		c = caller{kind: aws.Anonymous, provider: p.Provider}
	case aws.Root, aws.AWSAccount:
		c.own, c.ownID = "", "" // nothing but the account itself
		c.isRoot = p.Type == aws.Root
	case aws.AssumedRole, aws.FederatedUser:
		switch s := p.Session; {
		case s == nil:
		case s.IssuerType == aws.Root:
			c.isRoot = p.Type == aws.FederatedUser
		default:
			c.parent, c.parentID = s.IssuerARN, s.IssuerID
		}
		c.serviceLinked = strings.Contains(c.parent, ":role/aws-service-role/")
	}
	return c
}

// grade is how far the policy of a resource lets a caller in.
type grade uint8

const (
	none      grade = iota
	delegated       // through its account: the identity policies decide
	limited         // as role or user behind a session: boundary and session policies still bind it
	direct          // by its own name: implicit denials elsewhere do not matter
)

// admits says how the element names the caller.
func (p *principals) admits(c *caller) grade {
	switch {
	case p.everyone && c.parent != "":
		return limited
	case p.everyone:
		return direct
	case c.service != "" && slices.Contains(p.services, c.service),
		c.provider != "" && slices.Contains(p.federated, c.provider),
		p.nameOne(c.own, c.ownID):
		return direct
	case p.nameOne(c.parent, c.parentID):
		return limited
	case p.nameAccount(c):
		return delegated
	}
	return none
}

func (p *principals) nameOne(arn, id string) bool {
	for _, name := range p.names {
		if bound := p.ids[name]; bound != "" && bound == id || bound == "" && (name == arn || name == id) {
			return true
		}
	}
	return false
}

func (p *principals) nameAccount(c *caller) bool {
	return c.account != "" && slices.Contains(p.accounts, c.account) ||
		c.canonical != "" && slices.Contains(p.canonical, c.canonical)
}

// excepts says whether NotPrincipal keeps the caller out of a statement. A
// caller goes by several names: its account, the role behind it, itself. A
// denial spares it only if every one of them is listed, so that to exempt
// one user the user and its account must be; an allowance leaves it out as
// soon as any of them is.
func (p *principals) excepts(c *caller, e Effect) bool {
	if p.everyone {
		return true
	}
	names, listed := 0, 0
	count := func(known, named bool) {
		if known {
			names++
		}
		if known && named {
			listed++
		}
	}
	count(c.service != "", slices.Contains(p.services, c.service))
	count(c.provider != "", slices.Contains(p.federated, c.provider))
	count(c.account != "", p.nameAccount(c))
	count(c.own != "", p.nameOne(c.own, c.ownID))
	count(c.parent != "", p.nameOne(c.parent, c.parentID))
	if e == Deny {
		return names > 0 && listed == names
	}
	return listed > 0
}

// admits says how the statement lets in, or keeps out, the caller. Identity
// policies have no principals and concern whoever they are attached to.
func (s *Statement) admits(c *caller) grade {
	switch {
	case s.principals == nil:
		return direct
	case !s.notPrincipal:
		return s.principals.admits(c)
	case s.principals.excepts(c, s.Effect):
		return none
	case c.parent != "":
		return limited
	}
	return direct
}
