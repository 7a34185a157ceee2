import { expiringMap } from '../../shared/expiringMap';
import { callerOf, onExecutionEnd } from '../../shared/node/n8nInternals';
import type { Session } from '../../shared/node/operation';
import type { RequestedVideo } from './decide';
import type { Records, SubmissionRecord } from './records';

/*
 * A sub-workflow is an execution of its own. If the node that calls it tries again, n8n starts a new one, which knows
 * nothing of the records of the one before. So this hands records on, from one sub-execution to a later one of the
 * same caller, in the memory of the process: n8n runs a sub-workflow in the process of its caller, in queue mode too.
 *
 * n8n does not tell another attempt of the calling node from a further call by a loop. What was delivered decides:
 * - A sub-execution that fails has delivered nothing to its caller, whichever of its nodes failed, so all its
 *   records are handed on. If it succeeds, only those without a delivered item are.
 * - One whose first item is an error counts as failed: with Retry On Fail n8n tries its caller again then, and drops
 *   the items behind the error.
 * - A record is handed on to one sub-execution, for the same call and exactly the same request. So no video is
 *   given to two calls, and a call with other values pays, also if a person thinks of it as the same one.
 * - One that is suspended delivers its items later, out of sight of this process, so those count as delivered; what is
 *   in doubt, or has become an error item, is handed on. n8n does not retry the call of a sub-workflow that was suspended.
 */

/** Retry On Fail tries again within five seconds; an agent or a loop of the calling workflow can take longer. */
const keptMs = 60 * 60 * 1000;
/** For one node and caller; the newest remain. */
const maxRecords = 1_000;
const handedOn = expiringMap<SubmissionRecord[]>(keptMs);

/** The memory of nodes whose execution is watched. */
const watched = new WeakSet<object>();

/**
 * Takes over the record of a request that an earlier sub-execution of the same caller has left, as if this one was the
 * retry of that one; and hands on what this one leaves. Does nothing in an execution that no other one has called.
 */
export function takeOverRecord({ context }: Session, requested: RequestedVideo, records: Records): void {
	const caller = callerOf(context);
	if (caller === undefined) return;
	const place = JSON.stringify([caller, context.getWorkflow().id, context.getNode().id]);
	const memory = context.getContext('node');
	if (!watched.has(memory)) {
		watched.add(memory);
		onExecutionEnd(context, (end) => {
			const left = records.all().filter((record) => end === 'failed' || !isDelivered(record));
			if (left.length > 0) handedOn.set(place, [...(handedOn.get(place) ?? []), ...left].slice(-maxRecords));
		});
	}
	// A further attempt within this execution knows its record.
	if (records.all().some(({ call, executionId }) => call === requested.call && executionId === requested.executionId)) return;
	const left = handedOn.get(place) ?? [];
	const index = left.findIndex(
		({ call, account, fingerprint }) => call === requested.call && account === requested.account && fingerprint === requested.fingerprint,
	);
	for (const record of index < 0 ? [] : left.splice(index, 1)) records.write(notDelivered(record));
}

const isDelivered = (record: SubmissionRecord) => record.state === 'accepted' && record.deliveredIn !== undefined;

const notDelivered = (record: SubmissionRecord): SubmissionRecord =>
	record.state === 'accepted' ? { ...record, deliveredIn: undefined } : record;
