import { createHash, createHmac, timingSafeEqual } from 'crypto';
import type { CallbackProof } from '../providers/adapter';
import { readString } from '../providers/read';

/** A call that claims to come from a provider. */
export interface Callback {
	/** By lower-case name. */
	headers: Readonly<Record<string, unknown>>;
	rawBody: Uint8Array;
}

/**
 * Whether a call proves that it comes from the provider; in constant time.
 * Sources: PiAPI "Unified Webhook"; the webhook verification of Apiframe's official SDK, beside which a
 * client has been seen that takes the key as hexadecimal text.
 */
export function verifyCallback(
	proof: CallbackProof,
	{ headers, rawBody }: Callback,
	{ secret, apiKey }: { secret: string; apiKey: string },
): boolean {
	const given = readString(headers[proof.header]) ?? '';
	// A secret that is empty is none.
	if (proof.kind === 'secret') return secret !== '' && isSame(given, secret);
	if (apiKey === '') return false;
	const key = createHash('sha256').update(apiKey);
	const keys = [key.copy().digest(), key.digest('hex')];
	return keys.some((candidate) => {
		return isSame(given.replace(/^sha256=/, ''), createHmac('sha256', candidate).update(rawBody).digest('hex'));
	});
}

/** The secret of a webhook: nobody without the API key can tell it. */
export function callbackSecret(apiKey: string, executionId: string): string {
	return createHmac('sha256', apiKey).update(`seedance callback of execution ${executionId}`).digest('hex');
}

function isSame(one: string, other: string): boolean {
	const [oneHash, otherHash] = [one, other].map((text) => createHash('sha256').update(text).digest());
	return oneHash !== undefined && otherHash !== undefined && timingSafeEqual(oneHash, otherHash);
}
