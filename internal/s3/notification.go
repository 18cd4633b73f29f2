package s3

import (
	"slices"

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
		LambdaFunctionConfigurations: conf.LambdaFunctionConfigurations, EventBridgeConfiguration: conf.EventBridgeConfiguration,
	}, nil
}

// PutBucketNotificationConfiguration replaces it; an empty one turns
// notifications off. There are no topics, queues and functions here, so none
// can be validated; a caller may ask for that to be skipped.
func (s *Service) PutBucketNotificationConfiguration(c *call.Call, in *api.PutBucketNotificationConfigurationInput) (*api.PutBucketNotificationConfigurationOutput, error) {
	if in.NotificationConfiguration == nil {
		return nil, malformedXML()
	}
	conf := *in.NotificationConfiguration
	named := len(conf.TopicConfigurations) + len(conf.QueueConfigurations) + len(conf.LambdaFunctionConfigurations)
	if named > 0 && !aws.Val(in.SkipDestinationValidation) {
		return nil, aws.Errorf("InvalidArgument", "Unable to validate the following destination configurations")
	}
	conf.TopicConfigurations = slices.Clone(conf.TopicConfigurations)
	for i := range conf.TopicConfigurations {
		setID(&conf.TopicConfigurations[i].Id)
	}
	conf.QueueConfigurations = slices.Clone(conf.QueueConfigurations)
	for i := range conf.QueueConfigurations {
		setID(&conf.QueueConfigurations[i].Id)
	}
	conf.LambdaFunctionConfigurations = slices.Clone(conf.LambdaFunctionConfigurations)
	for i := range conf.LambdaFunctionConfigurations {
		setID(&conf.LambdaFunctionConfigurations[i].Id)
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Notification = &conf
		if named == 0 && conf.EventBridgeConfiguration == nil {
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
