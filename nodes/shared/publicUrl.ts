import { InputError, type InputProblem } from './errors';
import { parseUrl } from './parseUrl';

/**
 * The one guard for every address that a person, an agent or a provider gives: references, sources of assets,
 * webhooks, links to files, and each redirect on the way to one.
 */

export interface UrlRules {
	/** Whether an address may be on this machine or in its network. */
	mayBePrivate: boolean;
}

/** Private addresses are for those whose provider is at one itself, as a proxy or a gateway of their own. */
export const urlRulesFor = ({ baseUrl }: { baseUrl: string }): UrlRules => ({ mayBePrivate: !isPublic(baseUrl) });

export type UrlFlaw = 'noHttp' | 'invisible' | 'joined' | 'malformed' | 'login' | 'private';

export type UrlReading =
	| { ok: true; url: string }
	| { ok: false; flaw: UrlFlaw; problem: Omit<InputProblem, 'field'> };

const allowedUrls: Readonly<Record<UrlFlaw, string>> = {
	noHttp: 'a public http(s) address',
	invisible:
		'one public http(s) address without blanks, line breaks or invisible characters inside; several addresses need an entry each',
	joined: 'one public http(s) address; here two are joined, and each needs an entry of its own',
	malformed: 'a public http(s) address',
	login: 'a public http(s) address without a user name or password in it',
	private: 'a public http(s) address; this one leads to a single machine or into a private network, which the provider cannot reach',
};

/** White space, control characters, and those that are not shown at all, such as the zero-width space. */
const invisible = /[\s\p{Cc}\p{Cf}]/u;
/**
 * An address inside another one is common and stands behind a slash or an equals sign. Behind these
 * characters somebody has put two together.
 */
const joined = /[\p{L}\p{N},;|]https?:\/\//iu;
/** What may stand in an address as it is; RFC 3986 knows no backslash, and parsers disagree on what it means. */
const plain = /^[!-~]+$/;

/**
 * Reads an address that somebody has typed or put together, for a provider to use.
 * @param text blanks and invisible characters around it do not count
 * @returns the address with `http` or `https` in lower case, and in ASCII
 */
export function readPublicUrl(text: string, rules: UrlRules): UrlReading {
	const address = trimInvisible(text);
	const [scheme = ''] = /^https?:\/\//i.exec(address) ?? [];
	if (scheme === '') return refused('noHttp', address);
	if (invisible.test(address)) return refused('invisible', address);
	if (joined.test(address.slice(scheme.length))) return refused('joined', address);
	if (address.includes('\\')) return refused('malformed', address);
	const reading = readLink(address, rules);
	if (!reading.ok) return reading;
	// A signature may hang on each character, so nothing is changed that means the same to everybody.
	const normalized = scheme.toLowerCase() + address.slice(scheme.length);
	const isPlain = plain.test(address) && normalized.toLowerCase().startsWith(new URL(address).origin);
	return isPlain ? { ok: true, url: normalized } : reading;
}

/**
 * Judges an address that is to be asked, such as a link that a provider gives or where a redirect leads. What
 * only the DNS could tell of its host: see `isPublic`.
 * @returns the address as it was understood, which is the one to ask
 */
export function readLink(link: string, { mayBePrivate }: UrlRules): UrlReading {
	const parsed = parseUrl(link);
	if (!parsed) return refused('malformed', link);
	const { href, protocol, username, password } = parsed;
	if (protocol !== 'https:' && protocol !== 'http:') return refused('noHttp', link);
	if (username !== '' || password !== '') return refused('login', link);
	return mayBePrivate || isPublic(href) ? { ok: true, url: href } : refused('private', link);
}

const refused = (flaw: UrlFlaw, address: string): UrlReading => ({
	ok: false,
	flaw,
	problem: { allowed: allowedUrls[flaw], given: shownUrl(address) },
});

/**
 * @param field the label of the field that it was given in
 * @throws InputError saying what is wrong with the address
 */
export function requirePublicUrl(text: string, field: string, rules: UrlRules): string {
	const reading = readPublicUrl(text, rules);
	if (reading.ok) return reading.url;
	throw new InputError([{ field, ...reading.problem }]);
}

/** Whether a text is meant as an address of the web. */
export const looksLikeHttp = (text: string) => /^https?:/i.test(trimInvisible(text));

/** Names that no resolver of the internet knows (RFC 6761, 7686), those of services in a Kubernetes, and IPv6 in brackets. */
const privateName =
	/^([^.]*|.*\.(local|localhost|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|svc|test|invalid|onion)|\[.*\])$/;
/** Not global, or for more than one: https://www.iana.org/assignments/iana-ipv4-special-registry */
const privateIpv4 =
	/^(0|10|127|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254|172\.(1[6-9]|2\d|3[01])|192\.0\.[02]|192\.168|198\.1[89]|198\.51\.100|203\.0\.113|2(2[4-9]|[3-5]\d))(\.\d+)+$/;

/**
 * Whether an address is one of the internet, as far as the address itself tells; `URL` has already turned
 * `127.1` and `0x7f000001` into what they mean. IPv6 in brackets counts as private. What it cannot tell:
 * a public name that resolves to a private address. Against that n8n has N8N_SSRF_PROTECTION_ENABLED,
 * which looks at each connection.
 */
export function isPublic(url: string): boolean {
	const parsed = parseUrl(url);
	if (!parsed) return false;
	// From the first dot of a run only, so that many of them cost no more than their number.
	const host = parsed.hostname.replace(/(?<!\.)\.+$/, '');
	return !privateName.test(host) && !privateIpv4.test(host);
}

const maxShownLength = 80;
/** A login stands long before this. */
const maxReadLength = 2_000;

/** An address as a message may show it: without a login, without what may be a signature, and with what is invisible. */
export function shownUrl(text: string): string {
	if (text === '') return '(empty)';
	const withoutLogin = text.slice(0, maxReadLength).replace(/(:[/\\]*)[^/\\]*@/g, '$1[redacted]@');
	const [, address = '', query] = /^([^?#]*)([?#])?/.exec(withoutLogin) ?? [];
	const shown = address
		.slice(0, maxShownLength)
		.replace(/[\t-\r\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `[U+${codePointOf(character)}]`);
	return `${shown}${query === undefined ? '' : `${query}…`}${address.length > maxShownLength ? '…' : ''}`;
}

const codePointOf = (character: string) =>
	(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

/** Not by one expression, which would take the square of the time for many blanks that end nothing. */
function trimInvisible(text: string): string {
	let [start, end] = [0, text.length];
	while (start < end && invisible.test(text.charAt(start))) start++;
	while (end > start && invisible.test(text.charAt(end - 1))) end--;
	return text.slice(start, end);
}
