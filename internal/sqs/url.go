package sqs

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// url is the address of a queue, on the host that the client called.
func (q *Queue) url(c *call.Call) string {
	scheme := "http"
	if c.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.Host + "/" + q.Account + "/" + q.Name
}

// parseURL takes the account and the name from the address of a queue. The
// host is nobody's business: clients reach one server by many names. A bare
// path or name will do; an address without an account means the caller's, "".
func parseURL(address string) (account, name string, ok bool) {
	path := address
	if _, rest, found := strings.Cut(address, "://"); found {
		_, path, found = strings.Cut(rest, "/")
		if !found {
			return "", "", false
		}
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	name = parts[len(parts)-1]
	switch {
	case name == "":
		return "", "", false
	case len(parts) == 1:
		return "", name, true
	}
	account = parts[len(parts)-2]
	return account, name, aws.IsAccountID(account)
}

// findURL finds the queue that an address names, in the caller's region.
func findURL(c *call.Call, address *string) (*Queue, error) {
	if aws.Val(address) == "" {
		return nil, missing("QueueUrl")
	}
	account, name, ok := parseURL(*address)
	if !ok {
		return nil, aws.Errorf("InvalidAddress", "The address %s is not valid for this endpoint.", *address)
	}
	if account == "" {
		account = c.Account()
	}
	q, ok := queues.Get(c.State, queueKey(account, c.Region, name))
	if !ok {
		return nil, noSuchQueue()
	}
	return q, nil
}

// findARN finds a queue by its ARN.
func findARN(r store.Reader, arn string) (*Queue, bool) {
	a, ok := aws.ParseARN(arn)
	if !ok || a.Service != "sqs" || a.Partition != aws.Partition {
		return nil, false
	}
	return queues.Get(r, queueKey(a.Account, a.Region, a.Resource))
}
