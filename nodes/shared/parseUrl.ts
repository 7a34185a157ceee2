/**
 * Not by `URL.canParse`: when it has been called some thousand times, that of Node 20 takes addresses with an ü for
 * none, as its fast path reads Latin-1 as UTF-8.
 * @returns undefined for what is no address
 */
export function parseUrl(url: string, base?: string): URL | undefined {
	try {
		return new URL(url, base);
	} catch {
		return undefined;
	}
}
