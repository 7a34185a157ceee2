import { createHash, createHmac, timingSafeEqual } from 'crypto';
import type { CallbackProof } from '../providers/adapter';
import { readString } from '../providers/read';

/** A request that claims to come from a provider. */
export interface Callback {
	/** By lower-case name. */
	headers: Readonly<Record<string, unknown>>;
	query: Readonly<Record<string, unknown>>;
	rawBody: Uint8Array;
}

/**
 * Whether a callback proves that it comes from the provider; compared in constant time.
 * Sources: PiAPI "Unified Webhook"; the webhook verification of Apiframe's official SDK. Another client of Apiframe
 * uses the key as hexadecimal text, so that is accepted as well.
 */
export function verifyCallback(
	proof: CallbackProof,
	{ headers, query, rawBody }: Callback,
	{ secret, apiKey }: { secret: string; apiKey: string },
): boolean {
	const given = readString(proof.kind === 'query' ? query[proof.parameter] : headers[proof.header]) ?? '';
	// An empty secret would prove nothing.
	if (proof.kind !== 'hmac') return secret !== '' && isSame(given, secret);
	if (apiKey === '') return false;
	const key = createHash('sha256').update(apiKey);
	const keys = [key.copy().digest(), key.digest('hex')];
	return keys.some((candidate) => {
		return isSame(given.replace(/^sha256=/, ''), createHmac('sha256', candidate).update(rawBody).digest('hex'));
	});
}

/** The secret of an execution's callback URL: cannot be derived without the API key. */
export function callbackSecret(apiKey: string, executionId: string): string {
	return createHmac('sha256', apiKey).update(`seedance callback of execution ${executionId}`).digest('hex');
}

function isSame(one: string, other: string): boolean {
	const [oneHash, otherHash] = [one, other].map((text) => createHash('sha256').update(text).digest());
	return oneHash !== undefined && otherHash !== undefined && timingSafeEqual(oneHash, otherHash);
}
