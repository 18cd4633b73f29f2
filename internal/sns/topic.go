package sns

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// TopicName is a topic by its three names. It exists or not.
type TopicName struct{ Account, Region, Name string }

// ARN is the topic's ARN.
func (n TopicName) ARN() string { return aws.NewARN("sns", n.Region, n.Account, n.Name).String() }

// FIFO reports whether the topic keeps order.
func (n TopicName) FIFO() bool { return strings.HasSuffix(n.Name, fifoSuffix) }

func (n TopicName) key() string { return n.Account + "/" + n.Region + "/" + n.Name }

const fifoSuffix = ".fifo"

// Topic is a topic. Of the settings "" is what AWS shows nothing of.
type Topic struct {
	TopicName
	Policy           policy.Source
	DisplayName      string
	Key              string // KmsMasterKeyId
	SignatureVersion string // "1", "2" or ""
	Tracing          string
	ByContent        bool           // ContentBasedDeduplication
	Throughput       string         // FifoThroughputScope
	SampleRates      map[string]int `json:",omitempty"` // by attribute, in percent
	Delivery         *TopicDelivery
	Tags             tag.Set
	Gone             int // subscriptions deleted so far
}

var topics = store.NewKind[Topic]("sns.topic")

var topicName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) })

// parseTopic reads the ARN of a topic that a parameter names.
func parseTopic(parameter, text string) (TopicName, error) {
	if err := checkARN(parameter, text); err != nil {
		return TopicName{}, err
	}
	a, ok := aws.ParseARN(text)
	n := TopicName{a.Account, a.Region, a.Resource}
	if !ok || a.Service != "sns" || !aws.IsAccountID(a.Account) || a.Region == "" ||
		!topicName().MatchString(strings.TrimSuffix(a.Resource, fifoSuffix)) || n.ARN() != text {
		return TopicName{}, invalid("%s", parameter)
	}
	return n, nil
}

// checkARN asks for the parts that every ARN has.
func checkARN(parameter, text string) error {
	if n := strings.Count(text, ":") + 1; n < 6 {
		return invalid("%s Reason: An ARN must have at least 6 elements, not %d", parameter, n)
	}
	return nil
}

// named reads the ARN of a topic, which must be of the call's region.
func named(c *call.Call, parameter, text string) (TopicName, error) {
	n, err := parseTopic(parameter, text)
	if err == nil && n.Region != c.Region {
		err = invalid("%s", parameter)
	}
	return n, err
}

// find returns the topic that a call names.
func find(c *call.Call, arn *string) (*Topic, error) {
	n, err := named(c, "TopicArn", aws.Val(arn))
	if err != nil {
		return nil, err
	}
	t, ok := topics.Get(c.State, n.key())
	if !ok {
		return nil, errNoTopic
	}
	return t, nil
}

// change stores a copy of a topic that fn has changed.
func change(c *call.Call, arn *string, fn func(*Topic) error) error {
	t, err := find(c, arn)
	if err != nil {
		return err
	}
	t = new(*t)
	if err := fn(t); err != nil {
		return err
	}
	topics.Put(c.Tx, t.key(), t)
	return nil
}

// CreateTopic makes a topic. One that is there already, with the attributes
// and the tags that are asked for, is as good.
func (s *Service) CreateTopic(c *call.Call, in *api.CreateTopicInput) (*api.CreateTopicOutput, error) {
	n, err := newName(c, in)
	if err != nil {
		return nil, err
	}
	if aws.Val(in.DataProtectionPolicy) != "" {
		return nil, invalid("DataProtectionPolicy Reason: data protection policies are not served here")
	}
	tags, err := tagRules.With(nil, tag.Of(in.Tags))
	if err != nil {
		return nil, err
	}
	if old, ok := topics.Get(c.State, n.key()); ok {
		return &api.CreateTopicOutput{TopicArn: new(n.ARN())}, s.matches(c, old, in, tags)
	}
	if err := roomFor(c.State, n); err != nil {
		return nil, err
	}
	t := &Topic{TopicName: n, Policy: defaultPolicy(n), Tags: tags}
	if err := s.setAll(c, t, in.Attributes); err != nil {
		return nil, err
	}
	if err := s.ensureKey(c, t); err != nil {
		return nil, err
	}
	topics.Put(c.Tx, n.key(), t)
	return &api.CreateTopicOutput{TopicArn: new(n.ARN())}, nil
}

// newName checks the name of a topic that is to be made.
func newName(c *call.Call, in *api.CreateTopicInput) (TopicName, error) {
	n := TopicName{c.Account(), c.Region, aws.Val(in.Name)}
	fifo := strings.EqualFold(in.Attributes["FifoTopic"], "true")
	stem, ok := strings.CutSuffix(n.Name, fifoSuffix)
	switch {
	case fifo && (!ok || !topicName().MatchString(stem) || len(n.Name) > 256):
		return n, invalid("Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.")
	case !fifo && !topicName().MatchString(n.Name):
		return n, invalid("Topic Name")
	}
	return n, nil
}

// roomFor holds an account to its quota of topics.
func roomFor(r store.Reader, n TopicName) error {
	limit, count := standardTopics, 0
	if n.FIFO() {
		limit = fifoTopics
	}
	for _, t := range topics.Scan(r, n.Account+"/"+n.Region+"/") {
		if t.FIFO() == n.FIFO() {
			count++
		}
	}
	if count >= limit {
		return aws.Errorf("TopicLimitExceeded", "You have reached the maximum number of topics in this account.")
	}
	return nil
}

// matches compares a topic with what a second CreateTopic asks for.
func (s *Service) matches(c *call.Call, old *Topic, in *api.CreateTopicInput, tags tag.Set) error {
	t := new(*old)
	if err := s.setAll(c, t, in.Attributes); err != nil {
		return err
	}
	is, asked := old.attributes(), t.attributes()
	for name := range in.Attributes {
		if is[name] != asked[name] {
			return invalid("Attributes Reason: Topic already exists with different attributes")
		}
	}
	if len(tags) > 0 && !slices.Equal(tags, old.Tags) {
		return invalid("Tags Reason: Topic already exists with different tags")
	}
	return nil
}

// setAll sets the attributes of a topic that is made.
func (s *Service) setAll(c *call.Call, t *Topic, attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if name == "FifoTopic" {
			continue // newName has seen to it
		}
		if err := s.set(c.State, t, name, attributes[name], "Attributes Reason: "); err != nil {
			return err
		}
	}
	return nil
}

// DeleteTopic removes a topic with its subscriptions, if it is there. What
// was published is still delivered.
func (s *Service) DeleteTopic(c *call.Call, in *api.DeleteTopicInput) (*api.DeleteTopicOutput, error) {
	n, err := named(c, "TopicArn", aws.Val(in.TopicArn))
	if err != nil {
		return nil, err
	}
	for key := range subscriptions.Scan(c.State, n.key()+"/") {
		subscriptions.Delete(c.Tx, key)
	}
	for key := range published.Scan(c.State, n.key()+"/") {
		published.Delete(c.Tx, key)
	}
	sequences.Delete(c.Tx, n.key())
	topics.Delete(c.Tx, n.key())
	return nil, nil
}

// ListTopics lists the topics of the account.
func (s *Service) ListTopics(c *call.Call, in *api.ListTopicsInput) (*api.ListTopicsOutput, error) {
	prefix := c.Account() + "/" + c.Region + "/"
	found, next, err := page(c, in.NextToken, func(after string) seq[Topic] { return topics.ScanAfter(c.State, prefix, after) })
	if err != nil {
		return nil, err
	}
	out := &api.ListTopicsOutput{Topics: make([]api.Topic, len(found)), NextToken: next}
	for i, t := range found {
		out.Topics[i].TopicArn = new(t.ARN())
	}
	return out, nil
}
