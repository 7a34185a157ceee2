/** Replaces every occurrence of a secret in all texts of a value, however deep. */
export function redactSecrets(value: unknown, secrets: readonly string[]): unknown {
	if (typeof value === 'string') {
		return secrets.reduce((text, secret) => text.split(secret).join('[redacted]'), value);
	}
	if (Array.isArray(value)) return value.map((item) => redactSecrets(item, secrets));
	if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
		return Object.fromEntries(
			Object.entries(value).map(([key, item]) => [key, redactSecrets(item, secrets)]),
		);
	}
	return value;
}
