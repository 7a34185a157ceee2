/** Loopback, private, link-local, carrier-grade NAT, unspecified; names that no resolver of the internet knows. */
const privateHost =
	/^(localhost|[^.]+|.*\.(local|localhost|internal|lan|home\.arpa)|(0|10|127)\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|169\.254\..*|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\..*|\[.*\])$/i;

/**
 * Whether an address is one of the internet, as far as the address itself tells; `URL` has already turned
 * `127.1` and `0x7f000001` into what they mean. IPv6 in brackets counts as private. What it cannot tell:
 * a public name that resolves to a private address. Against that n8n has N8N_SSRF_PROTECTION_ENABLED,
 * which looks at each connection.
 */
export function isPublic(url: string): boolean {
	return URL.canParse(url) && !privateHost.test(new URL(url).hostname.replace(/\.$/, ''));
}
