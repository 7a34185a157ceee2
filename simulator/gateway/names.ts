let madeTexts = 0;

/** @returns letters and digits that appear random; they repeat only after 60 million */
export function uniqueText(): string {
	// A prime factor makes a permutation of all numbers of so many digits.
	const number = (BigInt(madeTexts++) * 48_271_001n + 7_654_321n) % 36n ** 5n;
	return number.toString(36).padStart(5, '0');
}

export function compactTime(atMs: number): string {
	return new Date(atMs).toISOString().replace(/\D/g, '').slice(0, 14);
}

export function isoTime(atMs: number): string {
	return new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function toSeconds(atMs: number): number {
	return Math.floor(atMs / 1000);
}
