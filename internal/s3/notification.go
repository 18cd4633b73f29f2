package s3

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// GetBucketNotificationConfiguration shows who is to be told of changes:
// nobody, at first.
func (s *Service) GetBucketNotificationConfiguration(c *call.Call, in *api.GetBucketNotificationConfigurationInput) (*api.GetBucketNotificationConfigurationOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	conf := aws.Val(b.Notification)
	return &api.GetBucketNotificationConfigurationOutput{
		TopicConfigurations: conf.TopicConfigurations, QueueConfigurations: conf.QueueConfigurations,
		EventBridgeConfiguration: conf.EventBridgeConfiguration,
	}, nil
}

// PutBucketNotificationConfiguration replaces it; an empty one turns
// notifications off. Each destination gets a test message in the same
// transaction: one that cannot be sent refuses the whole configuration, and a
// caller may ask for that to be skipped.
func (s *Service) PutBucketNotificationConfiguration(c *call.Call, in *api.PutBucketNotificationConfigurationInput) (*api.PutBucketNotificationConfigurationOutput, error) {
	if in.NotificationConfiguration == nil {
		return nil, malformedXML()
	}
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	conf := *in.NotificationConfiguration
	if len(conf.LambdaFunctionConfigurations) > 0 {
		return nil, notImplemented("LambdaFunctionConfigurations are not available: AWS Lambda is not served here. Notify a topic, a queue or EventBridge.")
	}
	conf.TopicConfigurations, conf.QueueConfigurations = slices.Clone(conf.TopicConfigurations), slices.Clone(conf.QueueConfigurations)
	for i := range conf.TopicConfigurations {
		setID(&conf.TopicConfigurations[i].Id)
	}
	for i := range conf.QueueConfigurations {
		setID(&conf.QueueConfigurations[i].Id)
	}
	all := destinations(&conf)
	if err := checkDestinations(b, all); err != nil {
		return nil, err
	}
	if !aws.Val(in.SkipDestinationValidation) {
		if err := s.test(c, b, all); err != nil {
			return nil, err
		}
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Notification = &conf
		if len(all) == 0 && conf.EventBridgeConfiguration == nil {
			b.Notification = nil
		}
		return nil
	})
}

// setID gives an id to what came without one.
func setID(id **string) {
	if aws.Val(*id) == "" {
		*id = new(aws.UUID())
	}
}

// destination is a topic or a queue and what it is told of.
type destination struct {
	id, arn string
	service string // of the ARN: sns or sqs
	events  []string
	filter  *api.NotificationConfigurationFilter
}

func destinations(conf *api.NotificationConfiguration) (all []destination) {
	for _, t := range conf.TopicConfigurations {
		all = append(all, destination{aws.Val(t.Id), aws.Val(t.TopicArn), "sns", t.Events, t.Filter})
	}
	for _, q := range conf.QueueConfigurations {
		all = append(all, destination{aws.Val(q.Id), aws.Val(q.QueueArn), "sqs", q.Events, q.Filter})
	}
	return all
}

// eventTypes are the events that S3 knows. Those that nothing here causes,
// such as the expiry of objects, can be asked for and do not come.
var eventTypes = strings.Fields(`
	s3:ReducedRedundancyLostObject
	s3:ObjectCreated:* s3:ObjectCreated:Put s3:ObjectCreated:Post s3:ObjectCreated:Copy s3:ObjectCreated:CompleteMultipartUpload
	s3:ObjectRemoved:* s3:ObjectRemoved:Delete s3:ObjectRemoved:DeleteMarkerCreated
	s3:ObjectRestore:* s3:ObjectRestore:Post s3:ObjectRestore:Completed s3:ObjectRestore:Delete
	s3:Replication:* s3:Replication:OperationFailedReplication s3:Replication:OperationNotTracked
	s3:Replication:OperationMissedThreshold s3:Replication:OperationReplicatedAfterThreshold
	s3:LifecycleTransition s3:IntelligentTiering s3:ObjectAcl:Put
	s3:LifecycleExpiration:* s3:LifecycleExpiration:Delete s3:LifecycleExpiration:DeleteMarkerCreated
	s3:ObjectTagging:* s3:ObjectTagging:Put s3:ObjectTagging:Delete`)

// The limits of a configuration.
const (
	maxDestinations = 100
	maxFilterValue  = 1024
)

// checkDestinations judges destinations by what is written of them.
func checkDestinations(b *Bucket, all []destination) error {
	if len(all) > maxDestinations {
		return aws.Errorf("InvalidArgument", "The notification configuration has more than %d destinations.", maxDestinations)
	}
	for i, d := range all {
		if err := d.check(b); err != nil {
			return err
		}
		for _, other := range all[:i] {
			switch {
			case d.id == other.id:
				return invalidArgument("Id", d.id, "Same ID used for multiple configurations. IDs must be unique")
			case d.overlaps(other):
				return aws.Errorf("InvalidArgument", "Configurations overlap. Configurations on the same bucket cannot share a common event type.")
			}
		}
	}
	return nil
}

func (d destination) check(b *Bucket) error {
	arn, ok := aws.ParseARN(d.arn)
	switch {
	case !ok || arn.Service != d.service || arn.Resource == "" || strings.ContainsAny(arn.Resource, ":/"):
		return invalidArgument("Arn", d.arn, "The ARN is not well formed")
	case arn.Region != b.Region:
		return invalidArgument("Arn", d.arn, "The notification destination service region is not valid for the bucket location constraint")
	case strings.HasSuffix(arn.Resource, ".fifo"):
		return invalidArgument("Arn", d.arn, "Unable to validate the following destination configurations: FIFO destinations are not supported")
	case len(d.events) == 0:
		return malformedXML()
	}
	for _, e := range d.events {
		if !slices.Contains(eventTypes, e) {
			return invalidArgument("Event", e, "The event '%s' is not supported for notifications", e)
		}
	}
	seen := map[string]bool{}
	for _, r := range d.rules() {
		name := strings.ToLower(aws.Val(r.Name))
		switch {
		case name != "prefix" && name != "suffix":
			return invalidArgument("FilterRule.Name", aws.Val(r.Name), "filter rule name must be either prefix or suffix")
		case seen[name]:
			return invalidArgument("FilterRule.Name", aws.Val(r.Name), "Cannot specify more than one %s rule in a filter.", name)
		case len(aws.Val(r.Value)) > maxFilterValue:
			return invalidArgument("FilterRule.Value", aws.Val(r.Value), "Size of filter rule value cannot exceed %d bytes in UTF-8 representation", maxFilterValue)
		}
		seen[name] = true
	}
	d.spell()
	return nil
}

// spell writes the names of the filter's rules as S3 answers with them,
// however they came.
func (d destination) spell() {
	for i, r := range d.rules() {
		name := "Prefix"
		if strings.EqualFold(aws.Val(r.Name), "suffix") {
			name = "Suffix"
		}
		d.filter.Key.FilterRules[i].Name = &name
	}
}

func (d destination) rules() []api.FilterRule {
	if d.filter == nil || d.filter.Key == nil {
		return nil
	}
	return d.filter.Key.FilterRules
}

// affix is the prefix or the suffix that keys must have.
func (d destination) affix(name string) string {
	for _, r := range d.rules() {
		if strings.EqualFold(aws.Val(r.Name), name) {
			return aws.Val(r.Value)
		}
	}
	return ""
}

// overlaps reports whether some event of some key would go to both.
func (d destination) overlaps(o destination) bool {
	p, q := d.affix("prefix"), o.affix("prefix")
	s, t := d.affix("suffix"), o.affix("suffix")
	if !strings.HasPrefix(p, q) && !strings.HasPrefix(q, p) || !strings.HasSuffix(s, t) && !strings.HasSuffix(t, s) {
		return false
	}
	return slices.ContainsFunc(d.events, func(e string) bool {
		return slices.ContainsFunc(o.events, func(f string) bool { return includes(e, f) || includes(f, e) })
	})
}

// includes reports whether an event type, or a family of them, has another
// one in it.
func includes(family, event string) bool {
	prefix, all := strings.CutSuffix(family, "*")
	return family == event || all && strings.HasPrefix(event, prefix)
}

// wants reports whether the destination is told of an event of a key.
func (d destination) wants(event, key string) bool {
	return strings.HasPrefix(key, d.affix("prefix")) && strings.HasSuffix(key, d.affix("suffix")) &&
		slices.ContainsFunc(d.events, func(family string) bool { return includes(family, event) })
}
