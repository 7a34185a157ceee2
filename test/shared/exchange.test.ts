import { CapacityQueue } from '../../nodes/shared/request/capacityQueue';
import { SeedanceError, UnsureError } from '../../nodes/shared/errors';
import { limiter } from '../../nodes/shared/limiter';
import { outcomeOf } from '../../nodes/shared/outcome';
import { providers } from '../../nodes/shared/providers';
import type { ProviderRequest } from '../../nodes/shared/providers/adapter';
import { readObject, requireString } from '../../nodes/shared/providers/read';
import { callProvider } from '../../nodes/shared/request/callProvider';
import type { ProviderConnection } from '../../nodes/shared/request/connection';
import { createVirtualClock, runInVirtualTime } from '../../harness/engine/virtualTime';

/** What a network fault means for a paid request. */

const [provider] = providers;
if (!provider) throw new Error('There is no provider');

/** As n8n throws it: its own error, which wraps that of axios, which wraps that of Node. */
function thrown(code: string, details: object = {}): Error {
	const cause = Object.assign(new Error(`${code} 192.0.2.1`), { code, ...details });
	const ofAxios = Object.assign(new Error(cause.message, { cause }), { code });
	return Object.assign(new Error('n8n has words of its own', { cause: ofAxios }), { httpCode: code });
}

async function pay(send: ProviderConnection['send'], differences: Partial<ProviderConnection> = {}, request: Partial<ProviderRequest> = {}) {
	const connection = {
		provider,
		baseUrl: 'https://provider.example.com',
		uploadBaseUrl: 'https://provider.example.com',
		apiKey: 'k',
		secrets: [],
		clock: createVirtualClock(),
		inFlight: limiter(1),
		capacityQueue: new CapacityQueue(),
		send,
		...differences,
	} as ProviderConnection;
	const endpoint = {
		request: () => ({ method: 'POST' as const, path: '/create', body: {}, repeatable: false, ...request }),
		parse: (body: unknown) => ({ id: requireString(readObject(body).id, 'task ID (id)', body) }),
	};
	const outcome = await outcomeOf(callProvider(connection, endpoint, {}));
	if (outcome.ok) throw new Error('It should have failed');
	return outcome.error;
}

it.each([
	['ECONNREFUSED', { syscall: 'connect' }],
	['ECONNREFUSED', {}],
	['EHOSTUNREACH', { syscall: 'connect' }],
	['ENETUNREACH', { syscall: 'connect' }],
	['ETIMEDOUT', { syscall: 'connect' }],
	['ETIMEDOUT', { errors: [{ syscall: 'connect' }, { syscall: 'connect' }] }],
	['ENOTFOUND', { syscall: 'getaddrinfo' }],
	['EAI_AGAIN', { syscall: 'getaddrinfo' }],
	['CERT_HAS_EXPIRED', {}],
	['ERR_TLS_CERT_ALTNAME_INVALID', {}],
])('%s with %j: the request was not sent', async (code, details) => {
	const error = await pay(async () => await Promise.reject(thrown(code, details)));
	expect(error).not.toBeInstanceOf(UnsureError);
	expect(error).toMatchObject({ details: { nothingAccepted: 'notSent', description: expect.stringContaining('This request was not sent, so it is not paid.') } });
});

it.each([
	['EHOSTUNREACH', { syscall: 'read' }],
	['ENETUNREACH', { syscall: 'write' }],
	['EHOSTUNREACH', {}],
	['ECONNRESET', { syscall: 'read' }],
	['ECONNRESET', {}],
	['ETIMEDOUT', { syscall: 'read' }],
	['ETIMEDOUT', { errors: [{ syscall: 'connect' }, { syscall: 'read' }] }],
	['EPIPE', { syscall: 'write' }],
	['ERR_TLS_SESSION_ATTACK', {}],
	['ECONNABORTED', {}],
	['', {}],
])('%s with %j: it is unknown whether the request was accepted', async (code, details) => {
	const error = await pay(async () => await Promise.reject(thrown(code, details)));
	expect(error).toBeInstanceOf(UnsureError);
	expect(error).not.toMatchObject({ details: { nothingAccepted: expect.anything() } });
});

it('was not sent if the execution ended while it was queued', async () => {
	const error = await pay(async () => await Promise.reject(new Error('sent')), { signal: AbortSignal.abort() });
	expect(error).toMatchObject({ details: { nothingAccepted: 'notSent', reason: 'cancelled' } });
});

it.each([
	[400, 'refused'],
	[401, 'refused'],
	[302, 'refused'],
	[429, 'refused'],
	[408, undefined],
	[500, undefined],
	[502, undefined],
])('an answer %d leaves: %s', async (statusCode, nothingAccepted) => {
	const body = { error: { message: 'no', code: 'x', type: 'x' } };
	const error = await pay(async () => await Promise.resolve({ statusCode, headers: {}, body }));
	expect(error instanceof SeedanceError && error.details.nothingAccepted).toBe(nothingAccepted);
	expect(error instanceof UnsureError).toBe(nothingAccepted === undefined);
});

it('gives up an answer that comes byte by byte and never ends, and closes its connection', async () => {
	const signals: unknown[] = [];
	const dripping: ProviderConnection['send'] = async ({ abortSignal }) => {
		signals.push(abortSignal);
		return await new Promise(() => {});
	};
	const error = await runInVirtualTime(async () => await pay(dripping), { patienceMs: 2_000 });
	expect(error).toBeInstanceOf(UnsureError);
	expect(error).toMatchObject({ message: expect.stringContaining('but the answer took longer than 240 s') });
	expect(signals).toEqual([expect.objectContaining({ aborted: true })]);
});

it.each<[string, Partial<ProviderRequest>, number]>([
	['a paid request', {}, 120_000],
	['a request that is read only', { repeatable: true }, 30_000],
	['an endpoint whose provider holds the connection', { timeoutMs: 300_000 }, 300_000],
])('%s has its own time-out', async (_, request, expected) => {
	const timeouts: unknown[] = [];
	await pay(
		async ({ timeout }) => {
			timeouts.push(timeout);
			return await Promise.resolve({ statusCode: 400, headers: {}, body: { error: { message: 'no' } } });
		},
		{},
		request,
	);
	expect(timeouts).toEqual([expected]);
});

it.each(['1e300', '1e308', '9'.repeat(40)])('a pause of %s s is none that anybody asks for', async (value) => {
	const error = await pay(async () => await Promise.resolve({ statusCode: 401, headers: { 'retry-after': value }, body: '' }));
	expect(error).toMatchObject({ details: { retryAfterMs: undefined, description: expect.not.stringContaining('It asks to wait') } });
});
