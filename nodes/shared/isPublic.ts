/** Names that no resolver of the internet knows, and IPv6 in brackets. */
const privateName = /^([^.]*|.*\.(local|localhost|localdomain|internal|lan|home\.arpa)|\[.*\])$/;
/** Not global, or for more than one: https://www.iana.org/assignments/iana-ipv4-special-registry */
const privateIpv4 =
	/^(0|10|127|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254|172\.(1[6-9]|2\d|3[01])|192\.0\.0|192\.168|198\.1[89]|2(2[4-9]|[3-5]\d))(\.\d+)+$/;

/**
 * Whether an address is one of the internet, as far as the address itself tells; `URL` has already turned
 * `127.1` and `0x7f000001` into what they mean. IPv6 in brackets counts as private. What it cannot tell:
 * a public name that resolves to a private address. Against that n8n has N8N_SSRF_PROTECTION_ENABLED,
 * which looks at each connection.
 */
export function isPublic(url: string): boolean {
	if (!URL.canParse(url)) return false;
	const host = new URL(url).hostname.replace(/(?<!\.)\.+$/, '');
	return !privateName.test(host) && !privateIpv4.test(host);
}
