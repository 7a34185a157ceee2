import { ProviderError, UnsureError } from '../../nodes/shared/errors';
import { outcomeOf } from '../../nodes/shared/outcome';
import { providers } from '../../nodes/shared/providers';
import { callProvider } from '../../nodes/shared/request/callProvider';
import { type Answer, answeredWith, sampleTask } from '../support/answered';

/**
 * What the answer to a paid request that is no success tells. A refusal means that nothing was accepted, so that it
 * may be sent again; everything that is not certain is a doubt.
 */

const ownForms = {
	anyfast: { error: { message: 'no', type: 'new_api_error', code: '' } },
	alad: { code: 'invalid_request', message: 'no', data: null },
	piapi: { code: 400, message: 'no', data: null },
	apiframe: { error: 'no' },
	ark: { error: { code: 'BadRequest', message: 'no', param: '', type: 'BadRequest' } },
};

const page = (title: string) => `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;

type Verdict = 'refusal' | 'doubt';

describe.each(Object.entries(ownForms))('The answer of %s to a paid request', (id, body) => {
	const provider = providers.find((known) => known.id === id);
	if (!provider) throw new Error(`There is no provider ${id}`);
	// A key makes every repeat harmless, which is tested elsewhere.
	const task = sampleTask(provider);
	const create = async (answer: Answer) => {
		const { connection, asked } = answeredWith(provider, answer);
		const outcome = await outcomeOf(callProvider(connection, provider.videoTasks.create, task));
		if (outcome.ok || !(outcome.error instanceof ProviderError)) throw new Error('It is no ProviderError');
		const { error } = outcome;
		return { error, asked, verdict: (error instanceof UnsureError ? 'doubt' : 'refusal') satisfies Verdict };
	};

	it.each<[Verdict, number]>([
		['refusal', 400],
		['refusal', 401],
		['refusal', 402],
		['refusal', 403],
		['refusal', 404],
		['refusal', 409],
		['refusal', 413],
		['refusal', 422],
		['refusal', 429],
		['doubt', 408],
		['doubt', 500],
		['doubt', 502],
		['doubt', 503],
		['doubt', 504],
	])('in its own form is a %s with status %d', async (expected, statusCode) => {
		expect((await create({ statusCode, body })).verdict).toBe(expected);
	});

	it('in its own form is retried after 429, as nothing was accepted', async () => {
		expect((await create({ statusCode: 429, body })).asked.times).toBe(4);
	});

	it('that names no task has its request ID all the same', async () => {
		const { error, verdict } = await create({ statusCode: 200, headers: { 'x-request-id': 'r-1' }, body: {} });
		expect([verdict, error.details.requestId]).toEqual(['doubt', 'r-1']);
	});

	/** The same form with other words. */
	const saying = (words: string): unknown => JSON.parse(JSON.stringify(body).replace('"no"', JSON.stringify(words)));
	it.each([
		'upstream request timed out',
		'Gateway Time-out',
		'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
		'do request failed: read tcp 10.0.0.1:443: i/o timeout',
		'do request failed: connection reset by peer',
		'unexpected EOF',
		'do request failed: Post "https://example.com/v1/tasks": EOF',
		'net/http: timeout awaiting response headers',
		'timeout of 60000ms exceeded',
		'ReadTimeout',
		'timeout',
		'context canceled',
		'http: server closed idle connection',
		'use of closed network connection',
		'http2: server sent GOAWAY and closed the connection',
		'stream error: stream ID 7; INTERNAL_ERROR',
		'Remote end closed connection without response',
		'Server disconnected without sending a response.',
		'socket hang up',
		'no response from the upstream',
		'请求超时',
	])('in its own form is a doubt if what is behind it did not answer: %s', async (words) => {
		for (const statusCode of [200, 400, 429]) {
			const { verdict, asked } = await create({ statusCode, body: saying(words) });
			expect([statusCode, verdict, asked.times]).toEqual([statusCode, 'doubt', 1]);
		}
	});

	it.each(['timeout must be at most 600', 'The prompt is too long', 'reset your password', 'Error while downloading https://example.com/a.png: timed out'])(
		'in its own form is a refusal with other words: %s',
		async (words) => {
			expect((await create({ statusCode: 400, body: saying(words) })).verdict).toBe('refusal');
		},
	);

	const cloudflare = { server: 'cloudflare', 'cf-ray': '1' };
	it.each<[Verdict, string, Answer]>([
		['refusal', 'of a proxy that wants a login', { statusCode: 401, body: page('401 Authorization Required') }],
		['refusal', 'of a proxy that wants its own login', { statusCode: 407, body: page('407') }],
		['refusal', 'of a web server that takes no POST', { statusCode: 405, body: page('405 Not Allowed') }],
		['refusal', 'of a proxy that takes no large body', { statusCode: 413, body: page('413 Request Entity Too Large') }],
		['refusal', 'of a proxy that takes no long address', { statusCode: 414 }],
		['refusal', 'of a proxy that takes no long headers', { statusCode: 431 }],
		['refusal', 'of Cloudflare to a client that it does not like', { statusCode: 403, headers: cloudflare, body: 'error code: 1010' }],
		['refusal', 'of Cloudflare by a rule', { statusCode: 403, headers: cloudflare, body: 'error code: 1020\n' }],
		['refusal', 'of Cloudflare to too many requests', { statusCode: 429, headers: cloudflare, body: 'error code: 1015' }],
		['refusal', 'of Cloudflare that asks for a person', { statusCode: 403, headers: { ...cloudflare, 'cf-mitigated': 'challenge' }, body: page('Just a moment...') }],
		['refusal', 'that leads elsewhere for good', { statusCode: 308, headers: { location: 'https://example.com' } }],
		['refusal', 'that leads elsewhere for now', { statusCode: 307, headers: { location: 'https://example.com' } }],
		['doubt', 'that leads to what was made', { statusCode: 303, headers: { location: 'https://example.com' } }],
		['doubt', 'that leads somewhere', { statusCode: 302, headers: { location: 'https://example.com' } }],
		['doubt', 'of Cloudflare, whose worker broke off', { statusCode: 429, headers: cloudflare, body: 'error code: 1101' }],
		['doubt', 'that only says to be of Cloudflare', { statusCode: 403, body: 'error code: 1010' }],
		['doubt', 'of Cloudflare for the server behind it', { statusCode: 403, headers: cloudflare, body: page('403 Forbidden') }],
		['doubt', 'of a proxy that does not understand', { statusCode: 400, body: page('400 Bad Request') }],
		['doubt', 'of a firewall', { statusCode: 403, body: page('403 Forbidden') }],
		['doubt', 'of a firewall with words of moderation', { statusCode: 403, body: page('Content policy violation') }],
		['doubt', 'of a firewall in JSON of its own', { statusCode: 403, body: { message: 'Forbidden' } }],
		['doubt', 'of a proxy that knows no such page', { statusCode: 404, body: page('404 Not Found') }],
		['doubt', 'that is plain text', { statusCode: 404, body: 'Not Found' }],
		['doubt', 'that is empty', { statusCode: 403, body: '' }],
		['doubt', 'of a proxy that counts requests', { statusCode: 429, body: page('429 Too Many Requests') }],
		['doubt', 'of a proxy that counts requests, in JSON', { statusCode: 429, body: { message: 'Too Many Requests' } }],
		['doubt', 'of a proxy that knows of concurrent tasks', { statusCode: 429, body: page('Concurrent task limit reached') }],
		['doubt', 'of a proxy whose server is gone', { statusCode: 502, body: page('502 Bad Gateway') }],
		['doubt', 'of a proxy with the status of success', { statusCode: 200, body: page('Welcome') }],
	])('is a %s if it is one %s', async (expected, _whose, answer) => {
		const { error, verdict, asked } = await create(answer);
		expect(verdict).toBe(expected);
		if (verdict === 'doubt') expect(asked.times).toBe(1);
		if (verdict === 'doubt' && answer.statusCode !== 200) {
			expect(error.details.description).toContain(`${provider.displayName} did not write this answer`);
		}
		expect(error.message).not.toMatch(/[<>]/);
	});
});
