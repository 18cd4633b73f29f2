package main

var sns = service{
	id: "sns",
	served: names(`
		CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ListTopics
		AddPermission RemovePermission
		Subscribe ConfirmSubscription Unsubscribe
		GetSubscriptionAttributes SetSubscriptionAttributes
		ListSubscriptions ListSubscriptionsByTopic
		Publish PublishBatch
		TagResource UntagResource ListTagsForResource`),
	dataTypes: everyOne("AWS::SNS::Topic", "Publish PublishBatch"),
	writes:    map[string]bool{"Publish": true, "PublishBatch": true},
	hidden:    names("Message Subject MessageAttributes PhoneNumber"),
	// The token of a confirmation says who confirms.
	mayBeUnsigned: map[string]bool{"ConfirmSubscription": true, "Unsubscribe": true},
	denied:        "AuthorizationError",
}

var sqs = service{
	id: "sqs",
	served: names(`
		CreateQueue DeleteQueue GetQueueUrl ListQueues
		GetQueueAttributes SetQueueAttributes AddPermission RemovePermission
		SendMessage SendMessageBatch ReceiveMessage
		DeleteMessage DeleteMessageBatch
		ChangeMessageVisibility ChangeMessageVisibilityBatch PurgeQueue
		ListDeadLetterSourceQueues
		StartMessageMoveTask ListMessageMoveTasks CancelMessageMoveTask
		TagQueue UntagQueue ListQueueTags`),
	dataTypes: everyOne("AWS::SQS::Queue", messageCalls+" ReceiveMessage"),
	// ReceiveMessage is called read-only in records. It may wait, which no
	// transaction does, so it makes one of its own when there is something to
	// receive.
	readOnly: map[string]bool{"ReceiveMessage": true},
	writes:   allOf(messageCalls),
	invalid:  "wire.MissingParameter",
	hidden:   names(`MessageBody Body StringValue BinaryValue StringListValues BinaryListValues`),
	open:     names("QueueAttributeName MessageSystemAttributeName MessageSystemAttributeNameForSends"),
	legacy: &legacy{
		namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
		path:      "QueueUrl",
		items: map[string]string{
			"AWSAccountIdList":          "AWSAccountId",
			"ActionNameList":            "ActionName",
			"AttributeNameList":         "AttributeName",
			"BatchResultErrorEntryList": "BatchResultErrorEntry",
			"BinaryList":                "BinaryListValue",
			"ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
			"ChangeMessageVisibilityBatchResultEntryList":  "ChangeMessageVisibilityBatchResultEntry",
			"DeleteMessageBatchRequestEntryList":           "DeleteMessageBatchRequestEntry",
			"DeleteMessageBatchResultEntryList":            "DeleteMessageBatchResultEntry",
			"ListMessageMoveTasksResultEntryList":          "ListMessageMoveTasksResultEntry",
			"MessageAttributeNameList":                     "MessageAttributeName",
			"MessageBodyAttributeMap":                      "MessageAttribute Name Value",
			"MessageBodySystemAttributeMap":                "MessageSystemAttribute Name Value",
			"MessageList":                                  "Message",
			"MessageSystemAttributeList":                   "MessageSystemAttributeName",
			"MessageSystemAttributeMap":                    "Attribute Name Value",
			"QueueAttributeMap":                            "Attribute Name Value",
			"QueueUrlList":                                 "QueueUrl",
			"SendMessageBatchRequestEntryList":             "SendMessageBatchRequestEntry",
			"SendMessageBatchResultEntryList":              "SendMessageBatchResultEntry",
			"StringList":                                   "StringListValue",
			"TagKeyList":                                   "TagKey",
			"TagMap":                                       "Tag Key Value",
		},
		codes: map[string]queryError{
			"BatchEntryIdsNotDistinct":     {"AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400},
			"BatchRequestTooLong":          {"AWS.SimpleQueueService.BatchRequestTooLong", 400},
			"EmptyBatchRequest":            {"AWS.SimpleQueueService.EmptyBatchRequest", 400},
			"InvalidAddress":               {"InvalidAddress", 404},
			"InvalidBatchEntryId":          {"AWS.SimpleQueueService.InvalidBatchEntryId", 400},
			"InvalidSecurity":              {"InvalidSecurity", 403},
			"KmsAccessDenied":              {"KMS.AccessDeniedException", 400},
			"KmsDisabled":                  {"KMS.DisabledException", 400},
			"KmsInvalidKeyUsage":           {"KMS.InvalidKeyUsageException", 400},
			"KmsInvalidState":              {"KMS.InvalidStateException", 400},
			"KmsNotFound":                  {"KMS.NotFoundException", 400},
			"KmsOptInRequired":             {"KMS.OptInRequired", 403},
			"KmsThrottled":                 {"KMS.ThrottlingException", 400},
			"MessageNotInflight":           {"AWS.SimpleQueueService.MessageNotInflight", 400},
			"OverLimit":                    {"OverLimit", 403},
			"PurgeQueueInProgress":         {"AWS.SimpleQueueService.PurgeQueueInProgress", 403},
			"QueueDeletedRecently":         {"AWS.SimpleQueueService.QueueDeletedRecently", 400},
			"QueueDoesNotExist":            {"AWS.SimpleQueueService.NonExistentQueue", 400},
			"QueueNameExists":              {"QueueAlreadyExists", 400},
			"ReceiptHandleIsInvalid":       {"ReceiptHandleIsInvalid", 404},
			"RequestThrottled":             {"RequestThrottled", 403},
			"ResourceNotFoundException":    {"ResourceNotFoundException", 404},
			"TooManyEntriesInBatchRequest": {"AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400},
			"UnsupportedOperation":         {"AWS.SimpleQueueService.UnsupportedOperation", 400},
		},
	},
}

// messageCalls are the calls of SQS that change its messages, but for those
// that receive them.
const messageCalls = `SendMessage SendMessageBatch DeleteMessage DeleteMessageBatch
	ChangeMessageVisibility ChangeMessageVisibilityBatch`

var events = service{
	id: "events",
	served: names(`
		PutRule DescribeRule DeleteRule EnableRule DisableRule ListRules
		PutTargets ListTargetsByRule RemoveTargets ListRuleNamesByTarget
		PutEvents TestEventPattern
		CreateEventBus DescribeEventBus UpdateEventBus DeleteEventBus ListEventBuses
		PutPermission RemovePermission
		TagResource UntagResource ListTagsForResource`),
	readOnly:  map[string]bool{"TestEventPattern": true},
	hidden:    names(`PutEventsRequestEntry.Detail`),
	dataTypes: map[string]string{"PutEvents": "AWS::Events::EventBus"},
	writes:    map[string]bool{"PutEvents": true},
}

// allOf gives all the names true.
func allOf(list string) map[string]bool {
	m := map[string]bool{}
	for _, name := range names(list) {
		m[name] = true
	}
	return m
}
