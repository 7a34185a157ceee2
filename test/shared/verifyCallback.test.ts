import { createHash, createHmac } from 'node:crypto';
import type { CallbackProof } from '../../nodes/shared/providers/adapter';
import { callbackSecret, verifyCallback } from '../../nodes/shared/callback/verifyCallback';

const apiKey = 'afk_test';
const rawBody = Buffer.from('{"event":"completed","jobId":"1"}');
const secret = callbackSecret(apiKey, '42');

describe('A callback with a secret', () => {
	const proof: CallbackProof = { kind: 'secret', header: 'x-webhook-secret' };
	const verify = (headers: Record<string, unknown>) =>
		verifyCallback(proof, { headers, query: {}, rawBody }, { secret, apiKey });

	it('is accepted only with the secret of this execution', () => {
		expect(verify({ 'x-webhook-secret': secret })).toBe(true);
		expect(verify({ 'x-webhook-secret': callbackSecret(apiKey, '43') })).toBe(false);
		expect(verify({ 'x-webhook-secret': callbackSecret('another key', '42') })).toBe(false);
	});

	it.each([[{}], [{ 'x-webhook-secret': '' }], [{ 'x-webhook-secret': [secret] }], [{ 'x-webhook-secret': 1 }]])(
		'is refused with the headers %j',
		(headers) => expect(verify(headers)).toBe(false),
	);

	it('does not reveal the key in its secret', () => {
		expect(secret).toMatch(/^[0-9a-f]{64}$/);
	});
});

describe('A callback whose address has a secret', () => {
	const proof: CallbackProof = { kind: 'query', parameter: 'key' };
	const verify = (query: Record<string, unknown>, ownSecret = secret) =>
		verifyCallback(proof, { headers: { key: secret }, query, rawBody }, { secret: ownSecret, apiKey });

	it('is accepted only with the secret of this execution', () => {
		expect(verify({ key: secret, signature: 'of n8n' })).toBe(true);
		expect(verify({ key: callbackSecret(apiKey, '43') })).toBe(false);
	});

	it.each([[{}], [{ key: '' }], [{ key: [secret] }], [{ key: { 0: secret } }], [{ Key: secret }]])(
		'is refused with the query %j',
		(query) => expect(verify(query)).toBe(false),
	);

	it('is refused where no secret was made up', () => {
		expect(verify({ key: '' }, '')).toBe(false);
	});
});

describe('A signed callback', () => {
	const proof: CallbackProof = { kind: 'hmac', header: 'x-webhook-signature' };
	const digest = createHash('sha256').update(apiKey).digest();
	const sign = (key: Buffer | string) => createHmac('sha256', key).update(rawBody).digest('hex');
	const verify = (signature: unknown, body: Buffer = rawBody) =>
		verifyCallback(proof, { headers: { 'x-webhook-signature': signature }, query: {}, rawBody: body }, { secret, apiKey });

	it.each([
		['the digest of the key, as the official SDK does', sign(digest)],
		['the same with the prefix that the SDK allows', `sha256=${sign(digest)}`],
		['the digest as hexadecimal text, as a client does', sign(digest.toString('hex'))],
	])('is accepted when it is signed with %s', (_case, signature) => {
		expect(verify(signature)).toBe(true);
	});

	it('is refused with another body, another key, or no key', () => {
		expect(verify(sign(digest), Buffer.from('{"event":"failed","jobId":"1"}'))).toBe(false);
		expect(verify(sign('afk_other'))).toBe(false);
		expect(verify(sign(apiKey))).toBe(false);
		expect(verify('')).toBe(false);
		expect(verify(undefined)).toBe(false);
	});
});
