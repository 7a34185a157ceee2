import { parseUrl } from '../parseUrl';
import { parseTime, plausibleTime } from '../time';

/**
 * When a link stops working: by the signature of the link (S3 `X-Amz-…`, TOS `X-Tos-…`), otherwise by the documented
 * lifetime, counted from when it was read.
 * @returns milliseconds since the epoch
 */
export function linkExpiresAtMs(url: string, readAtMs: number, lifetimeMs: number): number {
	const query = parseUrl(url)?.searchParams;
	return (query && signedExpiry(query)) ?? readAtMs + lifetimeMs;
}

function signedExpiry(query: URLSearchParams): number | undefined {
	for (const [name, value] of query) {
		const vendor = /^X-(Amz|Tos)-Expires$/i.exec(name)?.[1];
		const signedAtMs = vendor && parseBasicDate(findInsensitive(query, `X-${vendor}-Date`));
		const expiresAtMs = signedAtMs && /^\d+$/.test(value) ? plausibleTime(signedAtMs + Number(value) * 1000) : undefined;
		if (expiresAtMs !== undefined) return expiresAtMs;
	}
	return undefined;
}

function findInsensitive(query: URLSearchParams, wanted: string): string {
	for (const [name, value] of query) if (name.toLowerCase() === wanted.toLowerCase()) return value;
	return '';
}

/** ISO 8601 basic format, e.g. 20260427T110640Z. */
function parseBasicDate(text: string): number | undefined {
	const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
	if (!parts) return undefined;
	const [, year, month, day, hour, minute, second] = parts;
	return parseTime(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
