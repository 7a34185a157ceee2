import { type Circumstances, decide, type Decision, type RequestedVideo } from '../../nodes/SeedanceGenerate/submission/decide';
import {
	type AcceptedRecord,
	openRecords,
	readRecord,
	type SentRecord,
	type SubmissionRecord,
} from '../../nodes/SeedanceGenerate/submission/records';

/** The decision about the paid request, as a table: the records, what is asked for, what is done. */

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 3, 27, 16);

const base = {
	id: 'r1',
	call: 'run 0, item 0',
	account: 'here',
	fingerprint: 'a cat',
	fields: {},
	asked: 'the prompt',
	submittedIn: '1',
	executionId: '1',
};
const sent = (differences: Partial<SentRecord> = {}): SentRecord => ({ ...base, state: 'sent', sentAtMs: nowMs - 1_000, ...differences });
const accepted = (differences: Partial<AcceptedRecord> = {}): AcceptedRecord => ({ ...base, state: 'accepted', taskId: 't1', ...differences });

const item: RequestedVideo = { call: base.call, isTool: false, agentKeepsAnswers: false, executionId: '1', account: 'here', fingerprint: 'a cat', asked: 'the prompt' };
/** Another call of a model, for the same. */
const toolCall: RequestedVideo = { ...item, call: 'tool call 2', isTool: true };
const ofTool = { call: 'tool call 1' };

const usual: Circumstances = {
	nowMs,
	keyLifetimeMs: 0,
	resubmitWhenUnsure: false,
	isHeld: () => false,
	canRepeat: () => true,
};
const withKey = { keyLifetimeMs: 24 * hourMs };
const atRisk = { resubmitWhenUnsure: true };

type Row = [
	situation: string,
	records: SubmissionRecord[],
	requested: Partial<RequestedVideo>,
	circumstances: Partial<Circumstances>,
	/** With the record that it is about. */
	decision: Decision['kind'] | `${Decision['kind']} ${string}`,
];

const changed = { fingerprint: 'a dog' };
const byPerson = { fingerprint: 'a dog', asked: 'another prompt' };
const later = { executionId: '2' };

it.each<Row>([
	['nothing is known', [], {}, {}, 'send'],
	['another item was accepted', [accepted({ call: 'run 0, item 1' })], {}, {}, 'send'],
	['another round of a loop was accepted', [accepted({ call: 'run 1, item 0' })], {}, {}, 'send'],
	// Another attempt in the same execution.
	['another attempt', [accepted()], {}, {}, 'continue r1'],
	['another attempt, delivered though another item failed', [accepted({ deliveredIn: '1' })], {}, {}, 'continue r1'],
	['another attempt whose values have changed', [accepted()], changed, {}, 'continue r1'],
	['another attempt, however it came to another prompt', [accepted()], byPerson, {}, 'continue r1'],
	['another attempt in doubt', [sent()], {}, {}, 'refuse r1'],
	['another attempt in doubt whose values have changed', [sent()], changed, {}, 'refuse r1'],
	['another attempt in doubt of another account', [sent()], { account: 'there' }, withKey, 'refuse r1'],
	['another attempt in doubt, at the risk of the user', [sent()], {}, atRisk, 'sendAgain r1'],
	// Keys and clocks.
	['a key covers it', [sent()], {}, withKey, 'repeat r1'],
	['a key covers it, also at the risk of the user', [sent()], {}, { ...withKey, ...atRisk }, 'repeat r1'],
	['a key covers what can still be sent as it was', [sent()], changed, withKey, 'repeat r1'],
	['a key covers nothing that cannot be sent as it was', [sent()], changed, { ...withKey, canRepeat: () => false }, 'refuse r1'],
	['the key is forgotten', [sent({ sentAtMs: nowMs - 25 * hourMs })], {}, withKey, 'refuse r1'],
	['nobody knows how old the key is', [sent({ sentAtMs: undefined })], {}, withKey, 'refuse r1'],
	['the key is forgotten, and the clock was set back by hours since', [sent({ sentAtMs: nowMs - 13 * hourMs })], {}, withKey, 'refuse r1'],
	['the clock was set back by an hour', [sent({ sentAtMs: nowMs + hourMs })], {}, withKey, 'repeat r1'],
	['the clock was set back by two days', [sent({ sentAtMs: nowMs + 48 * hourMs })], {}, withKey, 'refuse r1'],
	['the clock was set back where there is no key', [sent({ sentAtMs: nowMs + hourMs })], {}, {}, 'refuse r1'],
	// The retry of an execution.
	['a retry', [accepted()], later, {}, 'continue r1'],
	['a retry in doubt', [sent()], later, {}, 'refuse r1'],
	['a retry whose values have changed by themselves', [accepted()], { ...later, ...changed }, {}, 'continue r1'],
	['a retry in which a person has changed what is asked for', [accepted()], { ...later, ...byPerson }, {}, 'send'],
	['the same for what is in doubt', [sent()], { ...later, ...byPerson }, {}, 'send'],
	['a retry in which a person has changed something else', [accepted()], { ...later, asked: 'another time-out' }, {}, 'continue r1'],
	['a retry at another address', [accepted()], { ...later, account: 'there' }, {}, 'send'],
	[
		'a retry in which a person has changed it back',
		[accepted(), accepted({ id: 'r2', ...byPerson })],
		later,
		{},
		'continue r1',
	],
	// Calls of a model.
	['another attempt of a call', [accepted(ofTool)], { ...toolCall, ...ofTool, ...changed }, {}, 'continue r1'],
	['a call for the same, not delivered', [accepted(ofTool)], toolCall, {}, 'continue r1'],
	['a call for the same with other values', [accepted(ofTool)], { ...toolCall, ...changed }, {}, 'continue r1'],
	['a call for the same, in doubt', [sent(ofTool)], toolCall, {}, 'refuse r1'],
	['a call for the same, in doubt, with a key', [sent(ofTool)], toolCall, withKey, 'repeat r1'],
	['a call for the same, delivered', [accepted({ ...ofTool, deliveredIn: '1' })], toolCall, {}, 'send'],
	['a call for the same, delivered before its execution was retried', [accepted({ ...ofTool, deliveredIn: '1' })], { ...toolCall, ...later }, {}, 'continue r1'],
	['a call for the same, delivered before its execution was retried, to an agent that still has it', [accepted({ ...ofTool, deliveredIn: '1' })], { ...toolCall, ...later, agentKeepsAnswers: true }, {}, 'send'],
	['a call for the same, whose record another call holds', [accepted(ofTool)], toolCall, { isHeld: () => true }, 'send'],
	['a call for the same in doubt, whose record another call holds', [sent(ofTool)], toolCall, { isHeld: () => true }, 'send'],
	['a call for something else', [accepted(ofTool), sent({ ...ofTool, id: 'r2' })], { ...toolCall, ...byPerson }, {}, 'send'],
	['a call for the same, one in doubt and one accepted', [sent(ofTool), accepted({ id: 'r2', call: 'tool call 3' })], toolCall, {}, 'continue r2'],
])('%s', (_situation, records, requested, circumstances, expected) => {
	const decision = decide(records, { ...item, ...requested }, { ...usual, ...circumstances });
	expect('record' in decision ? `${decision.kind} ${decision.record.id}` : decision.kind).toBe(expected);
	if ('isChanged' in decision) expect(decision.isChanged).toBe((requested.fingerprint ?? item.fingerprint) !== decision.record.fingerprint);
});

describe('Records', () => {
	it('come back as they were, through the JSON that n8n stores', () => {
		const memory = {};
		const records: SubmissionRecord[] = [
			sent({ id: 'a', addresses: { references: ['https://example.com/1.png', ''], callback: 'https://n8n.example.com' } }),
			sent({ id: 'b', firstAnswer: { message: 'it answered 502', statusCode: 502, code: 'bad_gateway', requestId: 'q1' } }),
			accepted({ id: 'c', deliveredIn: '7', fields: { Prompt: 'abc' } }),
		];
		for (const record of records) openRecords(memory).write(record);
		const stored = JSON.parse(JSON.stringify({ ...memory, 'wait for t1': { waitedMs: 1 } })) as object;
		expect(JSON.stringify(openRecords({ ...stored }).all())).toBe(JSON.stringify(records));
		openRecords(memory).remove('b');
		expect(openRecords(memory).all().map(({ id }) => id)).toEqual(['a', 'c']);
	});

	it.each([undefined, null, 'text', 7, [], {}, { id: 'x' }, { id: 'x', call: 'c', account: 'a' }])('are none: %j', (stored) => {
		expect(readRecord(stored)).toBeUndefined();
	});

	it.each([{ state: 'accepted' }, { state: 'accepted', taskId: '' }, { state: 'of a later version' }, {}])(
		'that cannot be read are in doubt, never free: %j',
		(stored) => {
			const record = readRecord({ ...base, sentAtMs: 'soon', addresses: 7, firstAnswer: [], fields: 'x', ...stored });
			expect(record).toMatchObject({ state: 'sent', id: 'r1', sentAtMs: undefined, addresses: undefined, firstAnswer: undefined, fields: {} });
			expect(decide([record!], item, { ...usual, ...withKey }).kind).toBe('refuse');
		},
	);
});
