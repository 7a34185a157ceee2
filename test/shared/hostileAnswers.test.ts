import fc from 'fast-check';
import type { INode } from 'n8n-workflow';
import { SeedanceError, UnexpectedAnswerError } from '../../nodes/shared/errors';
import { toErrorItem, toNodeError } from '../../nodes/shared/node/toNodeError';
import { providers } from '../../nodes/shared/providers';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { maxTextLength } from '../../nodes/shared/text';
import { readAnswer, sampleFile, sampleKey, sampleTask } from '../support/answered';
import { type SampleAnswer, sampleAnswers } from '../support/sampleAnswers';

/** Answers that are made to block n8n, and answers that make no sense. */

const megabyte = 1_000_000;
const fill = (piece: string) => piece.repeat(Math.ceil(megabyte / piece.length));

/** JSON as text in JSON as text …; each level is about twice as long. */
function nestedText(): string {
	let text = 'no';
	while (text.length < megabyte / 4) text = JSON.stringify({ error: { message: text } });
	return text;
}

/** A value nested this deep, as `JSON.parse` returns it. */
function nest(depth: number): unknown {
	return JSON.parse(`${'{"error":['.repeat(depth)}1${']}'.repeat(depth)}`);
}

const hostile: ReadonlyArray<[name: string, value: unknown]> = [
	['<', fill('<')],
	['<script', fill('<script>')],
	['blanks', fill(' ')],
	['request IDs', fill('request id: ')],
	['words of hints', fill('require plan asset task request active task count ')],
	['dots in a link', `https://example.com/${fill('.')}`],
	['dots in a host', `https://${fill('.')}x`],
	['half of an emoji', fill('\ud83d')],
	['JSON in JSON', nestedText()],
	['braces', fill('{"a":')],
	['lines of logs', fill('Attempt 1 failed, retrying\n')],
	['a list that is long', Array.from({ length: 20_000 }, () => 'Attempt 1 failed, retrying')],
	['lists in each other, 3,000 deep', nest(3_000)],
	['lists in each other, 100,000 deep', nest(100_000)],
];

/** Copies of the answer, each with the value in place of another part of it, and one with it as a key. */
function* spoiled(answer: unknown, value: unknown): Generator {
	yield value;
	if (Array.isArray(answer)) {
		for (const [index, part] of answer.entries()) {
			for (const other of spoiled(part, value)) yield answer.with(index, other);
		}
	} else if (typeof answer === 'object' && answer !== null) {
		if (typeof value === 'string') yield { ...answer, [value]: 1 };
		for (const [name, part] of Object.entries(answer)) {
			for (const other of spoiled(part, value)) yield { ...answer, [name]: other };
		}
	}
}

const place = { pageNumber: 1, pageSize: 10 };

const node: INode = { id: '1', name: 'Node', type: 'n', typeVersion: 1, position: [0, 0], parameters: {} };

/** The output of the nodes for an answer: an item, or the error that n8n gets. */
async function outputOf(provider: ProviderAdapter, { call, statusCode }: SampleAnswer, body: unknown, headers = {}) {
	const outcome = await readAnswer(provider, call, { statusCode, headers, body });
	if (outcome.ok) return outcome.value;
	const error = toNodeError(node, outcome.error, 0);
	return { error: outcome.error, shown: toErrorItem(provider.id, error) };
}

const errorOf = (output: unknown) =>
	typeof output === 'object' && output !== null && 'error' in output ? output.error : undefined;

/** The length of the longest text that is matched with a regular expression during the work. */
async function maxSearchedLength(work: () => Promise<unknown>): Promise<number> {
	let maxLength = 0;
	// All methods of texts and expressions go through it (ECMAScript, RegExpExec). A mock would keep every text.
	const original = Object.getOwnPropertyDescriptor(RegExp.prototype, 'exec');
	const value = function (this: RegExp, text: string): unknown {
		maxLength = Math.max(maxLength, text.length);
		return Reflect.apply(original?.value as () => unknown, this, [text]);
	};
	Object.defineProperty(RegExp.prototype, 'exec', { ...original, value });
	await work().finally(() => Object.defineProperty(RegExp.prototype, 'exec', { ...original }));
	return maxLength;
}

/** One provider for each parser, as several may share one. */
const readers = providers.filter((one, index) => providers.findIndex((other) => other.parseFailure === one.parseFailure) === index);

describe.each(readers.map((provider) => [provider.displayName, provider] as const))('%s', (_name, provider) => {
	const answers = sampleAnswers(provider);

	it('has answers to spoil', () => {
		expect(answers.length).toBeGreaterThan(5);
	});

	it.each(hostile)('is read in no time with %s in any place of any answer', async (_case, value) => {
		for (const answer of answers) {
			for (const body of spoiled(answer.body, value)) {
				const begun = process.cpuUsage();
				let output: unknown;
				expect(await maxSearchedLength(async () => (output = await outputOf(provider, answer, body)))).toBeLessThanOrEqual(
					// With the ellipsis at its end.
					maxTextLength + 1,
				);
				const { user } = process.cpuUsage(begun);
				expect({ answer: answer.name, isSlow: user > 500_000 }).toEqual({ answer: answer.name, isSlow: false });
				const error = errorOf(output);
				if (error !== undefined) expect(error).toBeInstanceOf(SeedanceError);
				// n8n saves it.
				const shown = JSON.stringify(error === undefined ? output : { ...(output as object), error: undefined });
				expect(shown.length).toBeLessThan(2 * megabyte);
			}
		}
	});

	it.each(hostile.filter(([, value]) => typeof value === 'string'))('is read in no time with %s in any header', async (_case, value) => {
		const names = ['x-request-id', 'x-oneapi-request-id', 'retry-after', 'location', 'server', 'cf-mitigated'];
		const headers = Object.fromEntries(names.map((name) => [name, value]));
		for (const [index, answer] of answers.entries()) {
			const statusCode = [200, 302, 400, 429, 503][index % 5] ?? 200;
			const maxLength = await maxSearchedLength(async () => await outputOf(provider, { ...answer, statusCode }, answer.body, headers));
			expect(maxLength).toBeLessThanOrEqual(maxTextLength + 1);
		}
	});

	/** Any JSON in place of any part of a real answer. */
	const spoiledAnswer = fc.constantFrom(...answers).chain((answer) =>
		fc
			.tuple(
				fc.nat(),
				fc.oneof(
					fc.jsonValue({ maxDepth: 3 }),
					fc.constantFrom(1777288506123, 1777288506123456, 1777288506123456789, 1e300, -1e300, -1, 0, 0.5, 1e-7),
					fc.constantFrom('https://[x', 'https://example.com:99999/v.mp4', 'https://%', 'http://\ud800', 'ftp://x'),
					fc.constantFrom(
						'https://example.com/v.mp4?X-Amz-Date=20260427T110640Z&X-Amz-Expires=1e30',
						'https://example.com/v.mp4?X-Amz-Date=20260427T110640Z&X-Amz-Expires=999999999999999999999',
						'https://example.com/v.mp4?X-Amz-Date=99999999T999999Z&X-Amz-Expires=86400',
						'https://example.com/v.mp4?X-Tos-Date=00000000T000000Z&X-Tos-Expires=-1',
					),
					fc.constantFrom('+275760-09-13T00:00:00Z', '-271821-04-20T00:00:00Z', '0001-01-01T00:00:00Z', '2026-13-45', '1', '__proto__', 'constructor'),
				),
			)
			.map(([place, value]) => {
				const bodies = [...spoiled(answer.body, value)];
				return { answer, body: bodies[place % bodies.length] };
			}),
	);

	it('makes an item or an error with words of any answer', async () => {
		await fc.assert(
			fc.asyncProperty(spoiledAnswer, async ({ answer, body }) => {
				const output = await outputOf(provider, answer, body);
				const error = errorOf(output);
				if (error !== undefined) expect(error).toBeInstanceOf(SeedanceError);
				expect(JSON.stringify(output)).not.toContain(sampleKey);
			}),
			{ numRuns: 500 },
		);
	});

	it('has a parse that reads any JSON, or says what is missing in it', () => {
		fc.assert(
			fc.property(fc.oneof(fc.jsonValue(), spoiledAnswer.map(({ body }) => body)), (body) => {
				expect(provider.parseFailure(body).message).toMatch(/\S/);
				expect(typeof provider.isRefusal(body)).toBe('boolean');
				const { videoTasks, assets, assetGroups, models, uploads } = provider;
				const parsers: Array<() => unknown> = [
					() => videoTasks.create.parse(body, sampleTask(provider)),
					() => videoTasks.get.parse(body, { taskId: 'task-1' }),
					() => videoTasks.list?.parse(body, place),
					() => assets.create.parse(body, { mediaType: 'image', source: 'https://example.com/face.png' }),
					() => assets.get?.parse(body, { assetId: 'asset-1' }),
					() => assets.list?.parse(body, place),
					() => assetGroups?.list.parse(body, place),
					() => assetGroups?.create.parse(body, { name: 'group' }),
					() => models?.parse(body),
					() => uploads?.create.parse(body, { file: sampleFile }),
				];
				for (const parse of parsers) {
					try {
						parse();
					} catch (error) {
						expect(error).toBeInstanceOf(UnexpectedAnswerError);
					}
				}
			}),
			{ numRuns: 500 },
		);
	});
});
