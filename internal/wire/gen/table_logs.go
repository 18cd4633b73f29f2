package main

// The calls that carry log events are many and say nothing of the house that
// the events themselves don't: their records are data events.
var logs = service{
	id: "logs",
	served: names(`
		CreateLogGroup DeleteLogGroup DescribeLogGroups ListLogGroups
		PutLogGroupDeletionProtection
		CreateLogStream DeleteLogStream DescribeLogStreams
		PutLogEvents GetLogEvents FilterLogEvents GetLogRecord GetLogGroupFields
		PutRetentionPolicy DeleteRetentionPolicy
		PutMetricFilter DescribeMetricFilters DeleteMetricFilter TestMetricFilter
		PutSubscriptionFilter DescribeSubscriptionFilters DeleteSubscriptionFilter
		PutResourcePolicy DescribeResourcePolicies DeleteResourcePolicy
		TagResource UntagResource ListTagsForResource
		TagLogGroup UntagLogGroup ListTagsLogGroup
		CreateExportTask DescribeExportTasks CancelExportTask
		StartQuery StopQuery GetQueryResults DescribeQueries
		PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition
		AssociateKmsKey DisassociateKmsKey`),
	invalid:   "wire.InvalidParameter",
	readOnly:  map[string]bool{"FilterLogEvents": true, "TestMetricFilter": true},
	hidden:    names(`TestMetricFilterInput.logEventMessages`),
	unnamed:   names(`PutLogEventsInput.logEvents PutLogEventsInput.sequenceToken`),
	dataTypes: map[string]string{"PutLogEvents": "AWS::Logs::LogGroup"},
	writes:    map[string]bool{"PutLogEvents": true},
}
