/** From 0 to below 1, like Math.random. */
export type Random = () => number;

/** @returns lower-case letters and digits */
export function randomCharacters(length: number, random: Random = Math.random): string {
	return Array.from({ length }, () => Math.floor(random() * 36).toString(36)).join('');
}

/** @returns a UUID of version 4 (RFC 9562) */
export function randomTaskUuid(random: Random = Math.random): string {
	const digit = () => Math.floor(random() * 16).toString(16);
	return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'
		.replace(/x/g, digit)
		.replace('y', (8 + Math.floor(random() * 4)).toString(16));
}
