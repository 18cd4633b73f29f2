// Package sns is Amazon SNS: topics, standard and FIFO, their subscriptions,
// and the fan-out of what is published.
//
// A message reaches its SQS subscribers in the transaction that publishes it.
// For HTTP(S) subscribers the same transaction writes entries into the outbox,
// which package webhook delivers; so whatever was acknowledged as published
// is in its queues or on its way, also after a crash. An entry holds all that
// its delivery needs: it outlives changes of its topic.
//
// What is not raw is signed as AWS signs it, with a key for each region whose
// certificate anybody may fetch. The key is made when it is first needed and
// its private half is sealed with the master key.
//
// A subscription whose endpoint has not agreed is pending. The token that the
// endpoint is sent is not stored, only its hash: who has nothing but the
// database confirms nothing.
//
// The condition aws:SourceOwner of the default topic policy is met by no
// call, as AWS has it: members of the owner's account need an identity policy
// and everybody else a statement of their own.
package sns
