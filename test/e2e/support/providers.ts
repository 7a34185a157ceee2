/** The providers of this package, as workflows and the editor name them. */
export const providers = {
	anyfast: { displayName: 'AnyFast', credentialType: 'anyfastApi' },
	alad: { displayName: 'Alad', credentialType: 'aladApi' },
} as const;

export type Provider = keyof typeof providers;

/** For tests that hold for each provider. */
export const eachProvider = [
	{ provider: 'anyfast', ...providers.anyfast },
	{ provider: 'alad', ...providers.alad },
] as const;
