import { randomBytes } from 'node:crypto';

export function randomText(length: number): string {
	return randomBytes(length).toString('base64url').toLowerCase().replace(/[-_]/g, 'x').slice(0, length);
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
