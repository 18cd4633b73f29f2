// Package logs is Amazon CloudWatch Logs.
//
// Groups, streams, filters, policies, queries and export tasks are records of
// the control plane. Log events are not: they lie in the tables of package
// segment, which are written in the transaction of the call that brings them
// and read outside of any.
//
// What nobody waits for is done by [Service.Run]: it finds the queries and
// export tasks that are open by looking at the state, claims one at a time by
// a mark in its record, and completes it in one transaction. A replica that
// finds a mark past its time takes the work over.
package logs
