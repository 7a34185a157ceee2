/**
 * When a link stops working: what a signed link says itself (S3 `X-Amz-…`, TOS `X-Tos-…`), else the
 * documented lifetime counted from when it was read.
 * @returns milliseconds since the epoch
 */
export function linkExpiresAtMs(url: string, readAtMs: number, lifetimeMs: number): number {
	const query = new URL(url).searchParams;
	for (const [name, value] of query) {
		const vendor = /^X-(Amz|Tos)-Expires$/i.exec(name)?.[1];
		if (!vendor) continue;
		const signedAtMs = parseBasicDate(findInsensitive(query, `X-${vendor}-Date`));
		const seconds = Number(value);
		if (signedAtMs !== undefined && Number.isFinite(seconds)) return signedAtMs + seconds * 1000;
	}
	return readAtMs + lifetimeMs;
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
	return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
