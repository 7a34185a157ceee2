/** Replaces every occurrence of a secret in all texts and names of a value, however deep. */
export function redactSecrets(value: unknown, secrets: readonly string[]): unknown {
	if (typeof value === 'string') return redactText(value, secrets);
	if (Array.isArray(value)) return value.map((item) => redactSecrets(item, secrets));
	if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
		return Object.fromEntries(
			Object.entries(value).map(([key, item]) => [redactText(key, secrets), redactSecrets(item, secrets)]),
		);
	}
	return value;
}

/** Replaces every occurrence of a secret. */
export function redactText(text: string, secrets: readonly string[]): string {
	return secrets.reduce((rest, secret) => rest.split(secret).join('[redacted]'), text);
}
