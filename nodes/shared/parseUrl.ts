/** @returns the scheme of a web address with its slashes, as it is written; undefined for any other text */
export const httpSchemeOf = (text: string) => /^https?:\/\//i.exec(text)?.[0];

/**
 * Parses a URL without throwing. Not by `URL.canParse`: after some thousand calls, that of Node 20 refuses URLs with
 * an ü, as its fast path reads Latin-1 as UTF-8.
 * @returns undefined if it is not a URL
 */
export function parseUrl(url: string, base?: string): URL | undefined {
	try {
		return new URL(url, base);
	} catch {
		return undefined;
	}
}
