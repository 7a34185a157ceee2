import { empty, InputError, type InputProblem, mustBe } from './errors';
import { httpSchemeOf, parseUrl } from './parseUrl';

/**
 * Validates every URL that comes from a user, an agent or a provider: references, sources of assets, webhooks, links
 * to files, and each redirect of those.
 */

export interface UrlRules {
	/** Whether a URL may lead to this machine or into its network. */
	mayBePrivate: boolean;
	/** In Test Mode nothing is requested, and the addresses of its samples are known. */
	isTestMode?: boolean;
}

/** Where everything of Test Mode is said to be. Nobody can ever own this host (RFC 2606, "invalid"). */
export const testModeOrigin = 'https://test-mode.invalid';

export const isTestModeUrl = (url: string) => parseUrl(url)?.origin === testModeOrigin;

/** Private addresses are allowed if the provider itself is at one, such as the user's own proxy or gateway. */
export function urlRulesFor({ baseUrl }: { baseUrl: string }): UrlRules {
	const isTestMode = isTestModeUrl(baseUrl);
	return { mayBePrivate: !isTestMode && !isPublic(baseUrl), ...(isTestMode && { isTestMode }) };
}

export type UrlFlaw = 'noHttp' | 'invisible' | 'joined' | 'malformed' | 'login' | 'private' | 'testMode';

export type UrlReading =
	| { ok: true; url: string }
	| { ok: false; flaw: UrlFlaw; shown: string };

const anotherSource = 'Give a link that opens in a private window of a browser, or choose another source.';

/** What an address must be, and what to do about one that is not. */
const flaws: Readonly<Record<UrlFlaw, readonly [allowed: string, advice: string]>> = {
	noHttp: ['a public http(s) address', anotherSource],
	invisible: [
		'one public http(s) address without blanks, line breaks or invisible characters inside',
		'Correct the expression; several addresses need an entry each.',
	],
	joined: ['one public http(s) address, not two that are joined', 'Correct the expression; each address needs an entry of its own.'],
	malformed: ['a public http(s) address', anotherSource],
	login: [
		'a public http(s) address without a user name or password in it',
		'The provider would see them. Give a link that works without a login, or choose another source.',
	],
	private: [
		'a public http(s) address that the provider can reach, not one of a single machine or of a private network',
		anotherSource,
	],
	testMode: [
		'a public http(s) address; only a credential with Test Mode on knows the samples of Test Mode',
		'Give the link of a video that a live credential has made, or choose a credential with Test Mode on.',
	],
};

/** @returns why the address in a field cannot be used */
function problemOf(field: string, { flaw, shown }: Extract<UrlReading, { ok: false }>): InputProblem {
	const [allowed, advice] = flaws[flaw];
	return mustBe(field, allowed, shown, advice);
}

/** White space, control characters, and those that are not shown at all, such as the zero-width space. */
const invisible = /[\s\p{Cc}\p{Cf}]/u;
/**
 * A URL inside another one is common, but follows a slash or an equals sign. After these characters it is a second
 * URL that was appended by mistake.
 */
const joined = /[\p{L}\p{N},;|]https?:\/\//iu;
/** Characters that a URL may contain unencoded. Not a backslash: RFC 3986 has none, and parsers disagree on it. */
const plain = /^[!-~]+$/;

/**
 * Reads a URL that a user has typed or an expression has built, for a provider to use.
 * @param text blanks and invisible characters around it are ignored
 * @returns the URL with `http` or `https` in lower case, and in ASCII
 */
export function readPublicUrl(text: string, rules: UrlRules): UrlReading {
	const address = trimInvisible(text);
	const scheme = httpSchemeOf(address);
	if (scheme === undefined) return refused('noHttp', address);
	if (invisible.test(address)) return refused('invisible', address);
	if (joined.test(address.slice(scheme.length))) return refused('joined', address);
	if (address.includes('\\')) return refused('malformed', address);
	const reading = readLink(address, rules);
	if (!reading.ok) return reading;
	// A signature may cover every character, so nothing is normalized that all parsers understand the same way.
	const normalized = scheme.toLowerCase() + address.slice(scheme.length);
	const isPlain = plain.test(address) && normalized.toLowerCase().startsWith(new URL(address).origin);
	return isPlain ? { ok: true, url: normalized } : reading;
}

/**
 * Validates a URL that is to be requested, such as a link from a provider or the target of a redirect. For what only
 * the DNS would show, see `isPublic`.
 * @returns the URL as it was parsed, which is the one to request
 */
export function readLink(link: string, { mayBePrivate, isTestMode = false }: UrlRules): UrlReading {
	const parsed = parseUrl(link);
	if (!parsed) return refused('malformed', link);
	const { href, protocol, username, password } = parsed;
	if (protocol !== 'https:' && protocol !== 'http:') return refused('noHttp', link);
	if (username !== '' || password !== '') return refused('login', link);
	if (isTestModeUrl(href)) return isTestMode ? { ok: true, url: href } : refused('testMode', link);
	return mayBePrivate || isPublic(href) ? { ok: true, url: href } : refused('private', link);
}

const refused = (flaw: UrlFlaw, address: string): UrlReading => ({
	ok: false,
	flaw,
	shown: shownUrl(address),
});

/**
 * @param field the label of the field that it was given in
 * @returns the URL as `readPublicUrl` gives it
 * @throws InputError saying what is wrong with the URL
 */
export function requirePublicUrl(text: string, field: string, rules: UrlRules): string {
	const reading = readPublicUrl(text, rules);
	if (reading.ok) return reading.url;
	throw new InputError([problemOf(field, reading)]);
}

/** Whether a text is meant as a web address, valid or not. */
export const looksLikeHttp = (text: string) => /^https?:/i.test(trimInvisible(text));

/** Host names that no public resolver knows (RFC 6761, 7686), services in a Kubernetes cluster, and IPv6 in brackets. */
const privateName =
	/^([^.]*|.*\.(local|localhost|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|svc|test|invalid|onion)|\[.*\])$/;
/** Not globally reachable, or multicast: https://www.iana.org/assignments/iana-ipv4-special-registry */
const privateIpv4 =
	/^(0|10|127|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254|172\.(1[6-9]|2\d|3[01])|192\.0\.[02]|192\.168|198\.1[89]|198\.51\.100|203\.0\.113|2(2[4-9]|[3-5]\d))(\.\d+)+$/;

/**
 * Whether a URL is on the internet, as far as the URL itself shows; `URL` has already normalized `127.1` and
 * `0x7f000001`. IPv6 in brackets counts as private. A public name that resolves to a private address is not
 * detected; against that n8n has N8N_SSRF_PROTECTION_ENABLED, which checks each connection.
 */
export function isPublic(url: string): boolean {
	const parsed = parseUrl(url);
	if (!parsed) return false;
	// The lookbehind keeps the time linear for many dots.
	const host = parsed.hostname.replace(/(?<!\.)\.+$/, '');
	return !privateName.test(host) && !privateIpv4.test(host);
}

const maxShownLength = 80;
/** Long enough to contain any login. */
const maxReadLength = 2_000;

/** @returns a URL as a message may show it: without a login or a query, and with invisible characters made visible */
export function shownUrl(text: string): string {
	if (text === '') return empty;
	const withoutLogin = text.slice(0, maxReadLength).replace(/(:[/\\]*)[^/\\]*@/g, '$1[redacted]@');
	const [, address = '', query] = /^([^?#]*)([?#])?/.exec(withoutLogin) ?? [];
	const shown = address
		.slice(0, maxShownLength)
		.replace(/[\t-\r\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `[U+${codePointOf(character)}]`);
	return `${shown}${query === undefined ? '' : `${query}…`}${address.length > maxShownLength ? '…' : ''}`;
}

const codePointOf = (character: string) =>
	(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

/** Not by a regular expression, which would take quadratic time for many blanks inside the text. */
function trimInvisible(text: string): string {
	let [start, end] = [0, text.length];
	while (start < end && invisible.test(text.charAt(start))) start++;
	while (end > start && invisible.test(text.charAt(end - 1))) end--;
	return text.slice(start, end);
}
